#!/bin/sh
# npm run gorunner -- COMMAND: prepares this clone where needed, then becomes the command line `gorunner`.
. "$(dirname "$0")/prepare.sh"
prepare cli
exec "$NODE" packages/server/dist/cli.js "$@"
