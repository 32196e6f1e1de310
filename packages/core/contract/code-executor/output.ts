/** What a program writes, and how it is delivered. */
import assert from "node:assert/strict";
import type { OutputEvent } from "@gorunner/core";
import { aRequest, program } from "../programs.js";
import { type Check, isError, text } from "./check.js";

export function output(check: Check): void {
  check("output is bytes, exactly", async (executor) => {
    const code = program(["os"], "os.Stdout.Write([]byte{0, 0xff, 0xfe, 0x80, 10})", "os.Stderr.Write([]byte{0xc3})");
    const execution = await executor.execute(aRequest(code));
    assert.deepEqual([...execution.stdout], [0, 0xff, 0xfe, 0x80, 10]);
    assert.deepEqual([...execution.stderr], [0xc3]);
  });

  check("exactly as much output as allowed is no failure", async (executor) => {
    const execution = await executor.execute(
      aRequest(program(["os"], "os.Stdout.Write(make([]byte, 65536))"), { limits: { outputBytes: 65_536 } }),
    );
    assert.equal(execution.outcome, "ok");
    assert.equal(execution.stdout.length, 65_536);
    assert.equal(execution.droppedBytes, 0);
  });

  check("one byte more is cut at the limit, counted and told", async (executor) => {
    const code = program(["os"], "os.Stdout.Write(make([]byte, 65537))");
    const execution = await executor.execute(aRequest(code, { limits: { outputBytes: 65_536 } }));
    assert.equal(execution.outcome, "output_limit");
    assert.equal(execution.stdout.length, 65_536);
    assert.equal(execution.droppedBytes, 1);
  });

  check("a flood is cut, on stdout and stderr together, and does not take the whole run time", async (executor) => {
    const code = program(["os"], "for {", '\tos.Stdout.WriteString("out")', '\tos.Stderr.WriteString("err")', "}");
    const execution = await executor.execute(aRequest(code, { limits: { outputBytes: 65_536 } }));
    assert.equal(execution.outcome, "output_limit");
    assert.equal(execution.stdout.length + execution.stderr.length, 65_536);
  });

  check("events come in the order of writing and add up to the streams", async (executor) => {
    const seen: OutputEvent[] = [];
    const code = program(
      ["fmt", "os", "time"],
      "for i := range 3 {",
      '\tfmt.Fprint(os.Stdout, "o", i)',
      "\ttime.Sleep(20 * time.Millisecond)",
      '\tfmt.Fprint(os.Stderr, "e", i)',
      "\ttime.Sleep(20 * time.Millisecond)",
      "}",
    );
    const execution = await executor.execute(aRequest(code), { onEvent: (event) => void seen.push(event) });
    assert.equal(seen.map(({ data }) => text(data)).join(""), "o0e0o1e1o2e2");
    assert.deepEqual(execution.events, seen);
    assert.equal(text(execution.stdout), "o0o1o2");
    assert.equal(text(execution.stderr), "e0e1e2");
    for (const [index, event] of seen.entries()) assert.ok(index === 0 || event.timeNs >= (seen[index - 1]?.timeNs ?? 0n));
  });

  check("an event is delivered while the program still runs", async (executor) => {
    const controller = new AbortController();
    const code = program(["fmt", "time"], 'fmt.Println("first")', "time.Sleep(time.Minute)");
    await assert.rejects(
      executor.execute(aRequest(code), { signal: controller.signal, onEvent: () => controller.abort() }),
      isError("CANCELLED"),
    );
  });

  check("no event is delivered while the one before is still being handled", async (executor) => {
    let handling = 0;
    let most = 0;
    const code = program(["fmt", "time"], "for i := range 5 {", "\tfmt.Println(i)", "\ttime.Sleep(5 * time.Millisecond)", "}");
    const execution = await executor.execute(aRequest(code), {
      onEvent: async () => {
        most = Math.max(most, ++handling);
        await new Promise((resolve) => setTimeout(resolve, 20));
        handling--;
      },
    });
    assert.equal(text(execution.stdout), "0\n1\n2\n3\n4\n");
    assert.deepEqual([most, handling], [1, 0]);
  });

  check("what a handler throws ends the execution and is thrown", async (executor) => {
    const failure = new Error("from the handler");
    const code = program(["fmt", "time"], 'fmt.Println("first")', "time.Sleep(time.Minute)");
    await assert.rejects(
      executor.execute(aRequest(code), {
        onEvent: () => {
          throw failure;
        },
      }),
      (error) => error === failure,
    );
  });

  check("a handler that is slower than the program's own time gets all of it", async (executor) => {
    const code = program(["fmt", "time"], "for i := range 30 {", "\tfmt.Println(i)", "\ttime.Sleep(time.Millisecond)", "}");
    const seen: Uint8Array[] = [];
    const execution = await executor.execute(aRequest(code, { limits: { runTimeoutMs: 1000 } }), {
      onEvent: async ({ data }) => {
        seen.push(data);
        await new Promise((resolve) => setTimeout(resolve, 60));
      },
    });
    assert.equal(text(Buffer.concat(seen)), text(execution.stdout));
  });

  check("the time in which a handler holds a program up is not the program's", async (executor) => {
    const code = program(["bytes", "os"], 'for range 25 { os.Stdout.Write(bytes.Repeat([]byte("x"), 32<<10)) }');
    const execution = await executor.execute(aRequest(code, { limits: { runTimeoutMs: 1000 } }), {
      onEvent: () => new Promise((resolve) => setTimeout(resolve, 100)),
    });
    assert.deepEqual([execution.outcome, execution.stdout.length], ["ok", 25 * 32 * 1024]);
    assert.ok(execution.timings.runMs < 10_000, String(execution.timings.runMs));
  });

  check("what a handler's promise rejects with ends the execution and is thrown", async (executor) => {
    const failure = new Error("from the handler, later");
    const code = program(["fmt", "time"], 'fmt.Println("second")', "time.Sleep(time.Minute)");
    await assert.rejects(
      executor.execute(aRequest(code), {
        onEvent: async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          throw failure;
        },
      }),
      (error) => error === failure,
    );
  });

  check("a silent program has no event, and its streams are empty", async (executor) => {
    const seen: OutputEvent[] = [];
    const execution = await executor.execute(aRequest(program([])), { onEvent: (event) => void seen.push(event) });
    assert.deepEqual([execution.outcome, seen, execution.events, execution.stdout.length, execution.stderr.length], ["ok", [], [], 0, 0]);
  });
}
