#!/bin/sh
# npm test: prepares this clone and what the tests need where needed, then checks and tests everything.
# Arguments go to mocha: npm test -- --grep WORD
. "$(dirname "$0")/prepare.sh"
prepare test
exec "$NODE" scripts/test.mjs "$@"
