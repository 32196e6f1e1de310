#!/bin/sh
# npm run test:attacks: the whole corpus of attacks, in every resource mode that this machine offers. Ten minutes or so.
. "$(dirname "$0")/prepare.sh"
prepare cli
exec "$NODE" --import tsx e2e/attacks/main.ts "$@"
