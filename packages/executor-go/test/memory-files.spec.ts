/** The file systems in memory that the spawner makes, as an ordinary user too. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { writeEtc } from "../src/sandbox/etc.js";
import { Spawner } from "../src/sandbox/spawner.js";
import { findToolchain } from "../src/toolchain/find-toolchain.js";
import { ensureGoTool } from "../src/toolchain/go-tools.js";
import { descendants } from "./host-leftovers.js";
import { cacheDir, closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

/** No user of this host. */
const otherUser = 30_998;

const users: [who: string, uid: number | undefined][] = [["as the user of the tests", undefined]];
if (process.getuid?.() === 0) users.push(["as an ordinary user", otherUser]);

/** Processes in whose view something is mounted below a directory. */
const seers = (directory: string) =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => mountsOf(pid).includes(`${directory}/`));

function mountsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, "latin1");
  } catch {
    return "";
  }
}

for (const [who, uid] of users) {
  describe(`Files in memory, ${who}`, function () {
    this.timeout(30_000);
    let directory = "";
    let memory = "";
    let etc = "";
    let supervisor = "";
    let spawner: Spawner;
    before(async () => {
      await sharedExecutor();
      await closeSharedExecutor();
      const toolchain = await findToolchain();
      const parts = { toolchain, directory: join(cacheDir, toolchain.name), buildCache: join(cacheDir, toolchain.name, "std") };
      const real = await ensureGoTool("supervisor", { ...parts, signal: new AbortController().signal });
      directory = await mkdtemp(join(tmpdir(), "gorunner-memory-"));
      await chmod(directory, 0o755);
      memory = join(directory, "memory");
      etc = join(directory, "etc");
      await mkdir(memory);
      await writeEtc(etc);
      supervisor = real;
      if (uid !== undefined) {
        supervisor = join(directory, "supervisor");
        await writeFile(supervisor, `#!/bin/sh\nexec setpriv --reuid=${uid} --regid=${uid} --clear-groups '${real}' "$@"\n`, {
          mode: 0o755,
        });
      }
      await writeFile(join(directory, "file"), "before#!/bin/true\nafter");
      spawner = await Spawner.open(supervisor, { directory: memory, etc, devices: ["/dev/null"] });
    });
    after(async () => {
      await spawner.close();
      await rm(directory, { recursive: true });
    });

    /** A shell with a file system of its own that runs the script when it is told to. */
    async function shell(name: string, script: string) {
      const go = join(directory, `${name}.go`);
      const spawned = spawner.spawn({
        ...{
          command: "/bin/sh",
          args: ["-c", `until [ -e ${go} ]; do sleep 0.02; done; exec >&2; cd ${memory}; ${script}`],
          hasStatus: false,
        },
        memory: { name, bytes: 1 << 20 },
      });
      assert.ok((await spawned.control) !== undefined);
      const said = async () => {
        await writeFile(go, "");
        return (await spawned.exited).said;
      };
      return { spawned, said };
    }

    it("are the supervisor, /etc and time zones, read-only, and nobody else sees them", async () => {
      const { spawned, said } = await shell(
        "app-0",
        "ls shared shared/etc shared/zoneinfo/UTC; touch shared/x app-0/x; stat -f -c %T shared app-0",
      );
      assert.deepEqual(await readdir(memory), []);
      const lines = (await said()).trim().split("\n");
      await spawned.exited;
      for (const name of ["supervisor", "nsswitch.conf", "shared/zoneinfo/UTC"]) assert.ok(lines.includes(name), lines.join("\n"));
      assert.match(lines.join("\n"), /shared\/x.*Read-only file system/);
      assert.deepEqual(lines.slice(-2), ["tmpfs", "tmpfs"]);
    });

    it("have a part of a file as their program, which can be executed and not read, and tells nothing of others", async () => {
      const { spawned, said } = await shell(
        "app-1",
        "stat -c '%a %h %i' app-1/prog; stat -c %Y app-1/prog; stat -c %s app-1/prog; ls app-1",
      );
      const before = Math.floor(Date.now() / 1000);
      await spawned.install({ path: join(directory, "file"), offset: "before".length, bytes: "#!/bin/true\n".length });
      const [modeAndLinks = "", time, size, ...names] = (await said()).trim().split("\n");
      // The first file of its file system, whatever others there are.
      assert.match(modeAndLinks, /^111 1 2$/);
      assert.ok(Number(time) >= before);
      assert.deepEqual([size, names], ["12", ["prog"]]);
    });

    it("hold no larger program than there is room for, nor one that is gone", async () => {
      const { spawned, said } = await shell("app-2", "true");
      await writeFile(join(directory, "large"), Buffer.alloc(2 << 20));
      const refused = { code: "UNAVAILABLE" };
      await assert.rejects(spawned.install({ path: join(directory, "large"), offset: 0, bytes: 2 << 20 }), refused);
      await assert.rejects(spawned.install({ path: join(directory, "nowhere"), offset: 0, bytes: 1 }), refused);
      await said();
      await spawned.exited;
      await assert.rejects(spawned.install({ path: join(directory, "file"), offset: 0, bytes: 1 }), refused);
    });

    it("come with no signal ignored that ends a process", async () => {
      const { said } = await shell("app-5", "grep SigIgn /proc/self/status");
      const ignored = BigInt(`0x${/SigIgn:\s+(\w+)/.exec(await said())?.[1]}`);
      // SIGHUP, SIGINT and SIGTERM, from bit 0 on.
      assert.equal(ignored & 0x4003n, 0n);
    });

    it("are gone with what they were for", async () => {
      const { spawned, said } = await shell("app-3", "true");
      assert.ok(seers(memory).some((pid) => mountsOf(pid).includes("/app-3 ")));
      await said();
      await spawned.exited;
      for (const pid of seers(memory)) assert.doesNotMatch(mountsOf(pid), /\/app-3 /);
    });

    it("are gone when the spawner is killed", async () => {
      const { spawned } = await shell("app-4", "true");
      const [helper] = descendants().filter(({ command }) => command.includes(" spawner @gorunner-") && command.includes(memory));
      assert.ok(helper !== undefined && existsSync(`/proc/${helper.pid}`));
      process.kill(helper.pid, "SIGKILL");
      assert.notEqual((await spawned.exited).code, 0);
      const deadline = Date.now() + 20_000;
      while (seers(memory).length > 0 && Date.now() < deadline) await delay(20);
      assert.deepEqual(seers(memory), []);
    });

    it("are what nothing is started without", async () => {
      const other = await Spawner.open(supervisor, { directory: join(directory, "nowhere"), etc, devices: [] });
      try {
        const spawned = other.spawn({ command: "/bin/true", args: [], hasStatus: false, memory: { name: "app-0", bytes: 1 << 20 } });
        assert.match((await spawned.exited).said, /there are no files in memory for sandboxes: mounting a tmpfs .*no such file/);
      } finally {
        await other.close();
      }
    });
  });
}
