/** Programs under the fake clock. */
import assert from "node:assert/strict";
import type { Execution, OutputEvent } from "@gorunner/core";
import { aRequest, program } from "../programs.js";
import { type Check, isError, text } from "./check.js";

const told = (events: OutputEvent[]) => events.map(({ stream, timeNs, data }) => `${stream} ${timeNs} ${text(data)}`);
const fake = (code: string, fields = {}) => aRequest(code, { clock: "fake", ...fields });

export function fakeClock(check: Check): void {
  check("the fake clock starts in 2009, and sleeping takes no time", async (executor) => {
    const code = program(["fmt", "time"], "fmt.Println(time.Now().UTC())", "time.Sleep(24 * time.Hour)", "fmt.Println(time.Now().UTC())");
    const execution = await executor.execute(fake(code));
    assert.equal(text(execution.stdout), "2009-11-10 23:00:00 +0000 UTC\n2009-11-11 23:00:00 +0000 UTC\n", text(execution.stderr));
    assert.ok(execution.timings.runMs < 24 * 3600 * 1000);
  });

  check("events carry the time of their writing, and both streams merge in order", async (executor) => {
    const code = program(
      ["fmt", "os", "time"],
      'for i := range 3 { fmt.Print("out", i); fmt.Fprint(os.Stderr, "err", i); fmt.Print("again"); time.Sleep(time.Second) }',
    );
    const live: OutputEvent[] = [];
    const execution = await executor.execute(fake(code), { onEvent: (event) => void live.push(event) });
    assert.deepEqual(
      told(execution.events),
      [0, 1, 2].flatMap((i) => [`stdout ${i * 1e9} out${i}`, `stderr ${i * 1e9 + 1} err${i}`, `stdout ${i * 1e9 + 2} again`]),
    );
    assert.equal(told(live).join(""), told(execution.events).join(""));
  });

  check("under the fake clock output is byte-exact too, whatever it looks like", async (executor) => {
    const code = program(
      ["os", "strings"],
      'os.Stdout.WriteString("\\x00\\x00PB\\x00\\xff\\xfe")',
      'os.Stdout.WriteString(strings.Repeat("x", 20_000))',
      'os.Stderr.WriteString("")',
    );
    const { stdout } = await executor.execute(fake(code));
    assert.deepEqual(Buffer.from(stdout), Buffer.concat([Buffer.from([0, 0, 80, 66, 0, 255, 254]), Buffer.alloc(20_000, "x")]));
  });

  check("the output limit counts what the program wrote, not its frames", async (executor) => {
    const code = program(["os"], 'for range 1000 { os.Stdout.WriteString("1234567890") }');
    const whole = await executor.execute(fake(code, { limits: { outputBytes: 10_000 } }));
    assert.deepEqual([whole.outcome, whole.stdout.length], ["ok", 10_000]);
    const cut = await executor.execute(fake(code, { limits: { outputBytes: 9_999 } }));
    assert.deepEqual([cut.outcome, cut.stdout.length], ["output_limit", 9_999]);
  });

  check("a program that never sleeps is stopped by the real clock, under the fake one too", async (executor) => {
    const code = program(["fmt", "time"], 'fmt.Println("begun")', "for start := time.Now(); time.Since(start) < time.Second; {}");
    const execution = await executor.execute(fake(code, { limits: { runTimeoutMs: 500 } }));
    assert.deepEqual([execution.outcome, text(execution.stdout)], ["run_timeout", "begun\n"]);
  });

  check("panics and exit codes are those of the real clock", async (executor) => {
    const ends = ({ outcome, exitCode, stderr }: Execution) => ({ outcome, exitCode, stderr: text(stderr).replace(/0x[0-9a-f]+/g, "") });
    for (const code of [program(["os"], "os.Exit(3)"), program([], 'panic("oh")'), program([], "select {}")]) {
      assert.deepEqual(ends(await executor.execute(fake(code))), ends(await executor.execute(aRequest(code))));
    }
  });

  check("benchmarks under the fake clock are refused", async (executor) => {
    await assert.rejects(executor.execute(fake(program([]), { mode: "bench" })), isError("INVALID_ARGUMENT"));
  });
}
