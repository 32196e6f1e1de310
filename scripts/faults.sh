#!/bin/sh
# npm run test:faults: two servers under load while PostgreSQL and Redis fail in every way. Some minutes; npm test has a short form.
# Arguments: npm run test:faults -- --help
. "$(dirname "$0")/prepare.sh"
prepare test
exec "$NODE" --import tsx e2e/faults/main.ts "$@"
