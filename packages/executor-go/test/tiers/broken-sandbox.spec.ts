/** A server whose bubblewrap does not do what it is told must not take anybody's program. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { RunnerError } from "@gorunner/core";
import { aRequest, hello } from "@gorunner/core/contract";
import { GoExecutor } from "../../src/index.js";
import { findBubblewrap } from "../../src/sandbox/bubblewrap.js";
import { sandboxProcesses } from "../host-leftovers.js";
import { cacheDir, executorOptions } from "../shared-executor.js";

/** A shell script that runs the real one without these of its arguments, and with those before them. */
const changed = (real: string, { without = [], first = "" }: { without?: string[]; first?: string }) => `#!/bin/sh
count=$#
while [ "$count" -gt 0 ]; do
  case "$1 $2" in
  ${[...without.map((pair) => `"${pair}"`), '"nothing at all"'].join(" | ")}) shift 2; count=$((count - 2)); continue ;;
  esac
  case "$1" in
  ${[...without.map((flag) => `"${flag}"`), '"nothing"'].join(" | ")}) shift; count=$((count - 1)); continue ;;
  esac
  set -- "$@" "$1"
  shift
  count=$((count - 1))
done
exec ${real} ${first} "$@"
`;

/** One that builds no walls, and says that it does. */
const noWalls = `#!/bin/sh
while [ "$1" != "--ro-bind" ] || [ "$3" != /supervisor ]; do shift; done
echo "{\\"child-pid\\": $$}" >&4
exec "$2"
`;

describe("A sandbox that does not hold", function () {
  this.timeout(120_000);
  const path = process.env["PATH"];
  let directory = "";
  let real = "";
  before(async () => {
    real = await findBubblewrap();
    directory = await mkdtemp(join(tmpdir(), "gorunner-bwrap-"));
    await chmod(directory, 0o755);
    process.env["PATH"] = `${directory}${delimiter}${path}`;
  });
  after(async () => {
    process.env["PATH"] = path;
    await rm(directory, { recursive: true });
  });

  const cases: [what: string, script: () => string, why: RegExp][] = [
    [
      "the host's network",
      () => changed(real, { without: ["--unshare-net"] }),
      /reach the host's network.*shares the host's net namespace/,
    ],
    ["the host's IPC", () => changed(real, { without: ["--unshare-ipc"] }), /shares the host's ipc namespace/],
    ["files of the host", () => changed(real, { first: `--ro-bind ${cacheDir} ${cacheDir}` }), /can read a file of the host/],
    ["a root that can be written", () => changed(real, { without: ["--remount-ro /"] }), /can write to \/($|;)/],
    [
      "capabilities",
      () => changed(real, { without: ["--cap-drop ALL", "--no-capabilities"], first: "--cap-add ALL" }),
      /does not run with CapBnd/,
    ],
    ["no filter of system calls around it", () => changed(real, { without: ["--seccomp 6"] }), /first process does not run with Seccomp/],
    ["the host's files of /proc", () => changed(real, { without: ["--processes-only"] }), /sees the host's files of \/proc/],
    ["a disk", () => changed(real, { first: `--ro-bind ${cacheDir}/etc /disk` }), /sees a disk of the host/],
    ["no pid namespace", () => changed(real, { without: ["--unshare-pid"] }), /could not be started/],
    ["no walls at all", () => noWalls, /failed its proof/],
    [
      "no bubblewrap that works",
      () => "#!/bin/sh\necho 'bwrap: no permissions' >&2\nexit 1\n",
      /could not be started: bwrap: no permissions/,
    ],
  ];
  for (const [what, script, why] of cases) {
    it(`with ${what} executes nothing, and says why`, async () => {
      await writeFile(join(directory, "bwrap"), script(), { mode: 0o755 });
      const executor = new GoExecutor(executorOptions({ warmSandboxes: 0 }));
      try {
        const isRefusal = (error: unknown) => error instanceof RunnerError && error.code === "UNAVAILABLE" && why.test(error.message);
        await assert.rejects(executor.prepare(), isRefusal);
        const { state, reason } = executor.status();
        assert.equal(state, "failed");
        assert.match(reason ?? "", why);
        await assert.rejects(executor.execute(aRequest(hello)), isRefusal);
      } finally {
        await executor.close();
      }
      assert.deepEqual(sandboxProcesses(), []);
    });
  }
});
