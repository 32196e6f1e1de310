/** What the supervisor makes of programs that do their worst with time and output; its own tests are in ../supervisor. */
import assert from "node:assert/strict";
import type { OutputEvent } from "@gorunner/core";
import { aRequest, program } from "@gorunner/core/contract";
import type { GoExecutor } from "../src/index.js";
import { Sandboxed } from "./sandboxed.js";
import { closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

const text = (data: Uint8Array) => Buffer.from(data).toString("latin1");
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Takes nothing for so long after the first event. */
function stallsOnce(milliseconds: number): (event: OutputEvent) => Promise<void> {
  let first = true;
  return async () => {
    if (first) {
      first = false;
      await pause(milliseconds);
    }
  };
}

describe("The supervisor", function () {
  this.timeout(120_000);
  let executor: GoExecutor;
  before(async () => {
    executor = await sharedExecutor();
  });
  after(closeSharedExecutor);

  for (const stream of ["Stdout", "Stderr"]) {
    it(`takes all that was written to ${stream} in time for output, however late it is read`, async () => {
      // More than all the buffers on the way hold.
      const code = program(["bytes", "os", "time"], `os.${stream}.Write(bytes.Repeat([]byte("x"), 1_000_000))`, "time.Sleep(time.Hour)");
      const execution = await executor.execute(aRequest(code, { limits: { runTimeoutMs: 500 } }), { onEvent: stallsOnce(1_500) });
      assert.deepEqual([execution.outcome, execution.stdout.length + execution.stderr.length], ["run_timeout", 1_000_000]);
      assert.equal(execution.droppedBytes, 0);
      assert.match(execution.goroutines ?? "", /time\.Sleep/);
      assert.doesNotMatch(execution.goroutines ?? "", /xxx/);
    });
  }

  it("gets no signal of the program's", async () => {
    const code = program(
      ["fmt", "os", "syscall", "time"],
      "failed := 0",
      "for number := 1; number <= 64; number++ { if syscall.Kill(1, syscall.Signal(number)) != nil { failed++ } }",
      "time.Sleep(100 * time.Millisecond)",
      "fmt.Print(os.Getppid(), failed)",
    );
    const { outcome, stdout, stderr } = await executor.execute(aRequest(code));
    assert.equal(outcome, "ok", text(stderr));
    assert.equal(text(stdout), "1 64");
  });

  it("asks for the goroutines also when the program has closed its streams", async () => {
    const code = program(["os", "time"], "os.Stdout.Close()", "time.Sleep(time.Hour)");
    const { outcome, goroutines } = await executor.execute(aRequest(code, { limits: { runTimeoutMs: 500 } }));
    assert.equal(outcome, "run_timeout");
    assert.match(goroutines ?? "", /time\.Sleep/);
  });

  it("puts large writes under the fake clock together, which Go writes in parts when its collector interrupts them", async () => {
    const code = program(
      ["bytes", "os"],
      'piece := bytes.Repeat([]byte("x"), 300_000)',
      "go func() { var kept [][]byte; for { kept = append(kept, make([]byte, 10_000)); if len(kept) > 100 { kept = nil } } }()",
      "for range 3 { os.Stdout.Write(piece) }",
    );
    const { outcome, stdout } = await executor.execute(aRequest(code, { clock: "fake" }), { onEvent: () => pause(30) });
    assert.equal(outcome, "ok");
    assert.equal(text(stdout).replaceAll("x", ""), "");
    assert.equal(stdout.length, 900_000);
  });

  it("tells the goroutines under the fake clock too", async () => {
    const code =
      'package main\n\nimport "time"\n\nfunc spins() { for begun := time.Now(); time.Since(begun) < time.Second; {} }\n\nfunc main() { spins() }\n';
    const { outcome, stderr, goroutines } = await executor.execute(aRequest(code, { clock: "fake", limits: { runTimeoutMs: 500 } }));
    assert.deepEqual([outcome, text(stderr)], ["run_timeout", ""]);
    assert.match(goroutines ?? "", /main\.(spins|main)/);
  });
});

describe("The supervisor of processes that start others, as builds do", function () {
  this.timeout(120_000);
  let sandboxed: Sandboxed;
  before(async () => {
    sandboxed = await Sandboxed.prepare();
  });
  after(() => sandboxed.close());

  it("limits the processor time of orphans too, and tells it", async () => {
    const { outcome, usage, text } = await sandboxed.run(await sandboxed.build("orphans"), sandboxed.open, { limits: { cpuMs: 300 } });
    assert.equal(outcome, "cpu_limit", text);
    assert.ok(usage.cpuMs >= 200, `${usage.cpuMs}`);
  });

  it("is not delayed by a process left behind that holds stdout open", async () => {
    const { outcome, text, runMs } = await sandboxed.run(await sandboxed.build("daemon"), sandboxed.open);
    assert.deepEqual([outcome, text], ["ok", "parent\n"]);
    assert.ok(runMs < 5_000, `${runMs}`);
  });
});
