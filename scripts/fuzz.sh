#!/bin/sh
# npm run fuzz: random requests and programs, for as long as you like. --runs N, --seed S.
. "$(dirname "$0")/prepare.sh"
prepare cli
exec "$NODE" --expose-gc --import tsx e2e/fuzz/main.ts "$@"
