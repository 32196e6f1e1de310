#!/bin/sh
# npm run bench: prepares this clone where needed, then measures the real server beside its references.
# Arguments go to the bench: npm run bench -- --quick --rows cold,cached
. "$(dirname "$0")/prepare.sh"
prepare start
exec "$NODE" --import tsx bench/src/main.ts "$@"
