#!/bin/sh
# npm run docs:system-calls: makes docs/system-calls.md from the filters' policies.
. "$(dirname "$0")/prepare.sh"
prepare packages
exec "$NODE" --import tsx e2e/system-calls/main.ts "$@"
