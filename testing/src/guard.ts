import { spawn } from "node:child_process";

/**
 * Ends the server whose process id stands in `directory`/pid, and removes the directory, when this process ends,
 * however it ends: a small shell waits for the end of a pipe that only we hold open, so that SIGKILL is covered too.
 */
export function guardDirectory(directory: string): void {
  const guard = spawn("/bin/sh", ["-c", script, "guard", directory], { stdio: ["pipe", "ignore", "ignore"], detached: true, cwd: "/" });
  guard.unref();
  // The pipe must not keep a finished test run alive either.
  if (guard.stdin !== null && "unref" in guard.stdin && typeof guard.stdin.unref === "function") guard.stdin.unref();
}

/** A paused server must be continued to hear SIGQUIT, at which PostgreSQL removes its shared memory. */
const script = `
read -r _
if pid=$(cat "$1/pid" 2>/dev/null); then
  children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
  kill -CONT "$pid" $children
  kill -QUIT "$pid"
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$pid" || break
    sleep 0.2
  done
  kill -KILL "$pid" $children
fi
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;
