#!/bin/sh
# npm start: prepares this clone where needed, then becomes the server, so that npm's signals reach it.
. "$(dirname "$0")/prepare.sh"
prepare start
exec "$NODE" packages/server/dist/cli.js serve "$@"
