#!/bin/sh
# npm run sso: prepares this clone where needed, then becomes the development SSO service.
. "$(dirname "$0")/prepare.sh"
prepare packages
exec "$NODE" examples/sso/dist/main.js "$@"
