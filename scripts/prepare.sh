# Sourced by the other scripts: prepare PURPOSE makes this clone ready and sets NODE to a Node that can run it.
#
# The preparation runs in the background of this shell, because only then does `wait` let a signal through at once:
# a SIGTERM or SIGINT ends the preparation, and nothing is started after it.

cd "$(dirname "$0")/.." || exit 1

# An empty HOME would make npm look for "~" in the working directory; without one it asks the user database.
[ -n "${HOME:-}" ] || unset HOME

preparing=

end_preparation() {
  trap '' HUP INT TERM
  if [ -n "$preparing" ]; then
    kill -TERM "$preparing" 2>/dev/null
    wait "$preparing"
  fi
  exit "$1"
}

prepare() {
  trap 'end_preparation 129' HUP
  trap 'end_preparation 130' INT
  trap 'end_preparation 143' TERM
  # npm says which Node and npm run this, also where they are not on the PATH.
  "${npm_node_execpath:-node}" scripts/prepare.mjs "$1" </dev/null &
  preparing=$!
  wait "$preparing" || exit "$?"
  preparing=
  IFS= read -r NODE <.toolchain/node || exit 1
  trap - HUP INT TERM
}
