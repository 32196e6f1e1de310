#!/bin/sh
# npm run test:go: the programs of Go's own test suite, through the engine. Two minutes or so; not part of npm test.
. "$(dirname "$0")/prepare.sh"
prepare packages
exec "$NODE" --import tsx e2e/go-suite/main.ts "$@"
