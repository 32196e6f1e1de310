#!/bin/sh
# npm run check: format, lint, unused code and types, without a test.
. "$(dirname "$0")/prepare.sh"
prepare packages
exec "$NODE" scripts/check.mjs
