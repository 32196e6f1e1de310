import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../prepare/lock.mjs";

const lockModule = new URL("../prepare/lock.mjs", import.meta.url).href;

describe("the lock of a clone", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gorunner-lock-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** A process of its own that does `work` under the lock; gives its exit code. */
  function contender(work: string) {
    const script = `
      import { appendFileSync, existsSync, mkdirSync, rmdirSync } from "node:fs";
      import { withLock } from ${JSON.stringify(lockModule)};
      await withLock(${JSON.stringify(directory)}, async (lock) => { ${work} });`;
    return spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  }

  /** A process id that is nobody's: of a process that has ended. */
  async function deadPid(): Promise<number> {
    const ended = spawn(process.execPath, ["-e", ""]);
    await once(ended, "close");
    assert.ok(ended.pid !== undefined);
    return ended.pid;
  }

  function lockOf(...owners: number[]) {
    mkdirSync(join(directory, "lock"));
    writeFileSync(join(directory, "lock", "owners"), owners.join("\n"));
  }

  it("lets one process in at a time, and leaves nothing behind", async () => {
    const inside = JSON.stringify(join(directory, "inside"));
    const notes = join(directory, "notes");
    // mkdir fails where somebody else is inside.
    const work = `mkdirSync(${inside}); await new Promise((go) => setTimeout(go, 20)); appendFileSync(${JSON.stringify(notes)}, "."); rmdirSync(${inside});`;
    const codes = await Promise.all(Array.from({ length: 4 }, async () => (await once(contender(work), "close"))[0]));
    assert.deepEqual(codes, [0, 0, 0, 0]);
    assert.equal(readFileSync(notes, "utf8"), "....");
    assert.deepEqual(readdirSync(directory), ["notes"]);
  });

  it("is released when the work fails", async () => {
    await assert.rejects(
      withLock(directory, () => Promise.reject(new Error("the work failed"))),
      /the work failed/,
    );
    assert.deepEqual(readdirSync(directory), []);
  });

  it("is taken from an owner that was killed, by one of those who wait", async () => {
    lockOf(await deadPid());
    const inside = JSON.stringify(join(directory, "inside"));
    const work = `mkdirSync(${inside}); await new Promise((go) => setTimeout(go, 20)); rmdirSync(${inside});`;
    const codes = await Promise.all(Array.from({ length: 3 }, async () => (await once(contender(work), "close"))[0]));
    assert.deepEqual(codes, [0, 0, 0]);
    assert.deepEqual(readdirSync(directory), []);
  });

  it("stays with a killed owner while a tool of it still works", async () => {
    const tool = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "inherit"] });
    assert.ok(tool.pid !== undefined);
    lockOf(await deadPid(), tool.pid);
    let entered = false;
    const entering = withLock(directory, async () => {
      entered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(entered, false);
    tool.stdin.end();
    await once(tool, "close");
    await entering;
    assert.equal(entered, true);
  });

  it("names the tools that its owner runs", async () => {
    await withLock(directory, async ({ note }) => {
      await note([4242]);
      assert.equal(readFileSync(join(directory, "lock", "owners"), "utf8"), `${process.pid}\n4242`);
    });
  });
});
