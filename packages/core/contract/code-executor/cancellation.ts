/** Ending an execution early, and many at once. */
import assert from "node:assert/strict";
import { type Execution, RunnerError } from "@gorunner/core";
import { aRequest, hello, program } from "../programs.js";
import { type Check, isError, text } from "./check.js";

export function cancellation(check: Check): void {
  check("an aborted signal cancels before anything starts", async (executor) => {
    await assert.rejects(executor.execute(aRequest(hello), { signal: AbortSignal.abort() }), isError("CANCELLED"));
  });

  check("aborting ends a run at once, and the executor goes on", async (executor) => {
    const controller = new AbortController();
    const endless = executor.execute(aRequest(program(["fmt"], 'fmt.Println("started")', "for {}")), {
      signal: controller.signal,
      onEvent: () => controller.abort(),
    });
    await assert.rejects(endless, isError("CANCELLED"));
    assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
  });

  check("the signal's own reason is what the call rejects with", async (executor) => {
    const reason = new RunnerError("DEADLINE_EXCEEDED", "too late");
    const controller = new AbortController();
    const call = executor.execute(aRequest(program(["time"], "time.Sleep(time.Minute)")), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(call, (error) => error === reason);
  });

  check("a reason that is not ours is the cause of CANCELLED", async (executor) => {
    const reason = new Error("the client has gone");
    await assert.rejects(executor.execute(aRequest(hello), { signal: AbortSignal.abort(reason) }), (error) => {
      isError("CANCELLED")(error);
      return error instanceof Error && error.cause === reason;
    });
  });

  check("aborting ends a build at once, and the executor goes on", async (executor) => {
    const controller = new AbortController();
    // Never seen before, as an executor may know the binary of what it has built already.
    const built = executor.execute(aRequest(`${hello}// ${Math.random()}\n`), { signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    await assert.rejects(built, isError("CANCELLED"));
    assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
  });

  check("aborting does not wait for a handler that takes for ever", async (executor) => {
    const controller = new AbortController();
    const code = program(["fmt", "time"], 'fmt.Println("handled")', "time.Sleep(time.Minute)");
    const call = executor.execute(aRequest(code), {
      signal: controller.signal,
      onEvent: () => {
        setTimeout(() => controller.abort(), 20);
        return new Promise(() => {});
      },
    });
    await assert.rejects(call, isError("CANCELLED"));
  });

  check("aborting after the end changes nothing", async (executor) => {
    const controller = new AbortController();
    const first = await executor.execute(aRequest(hello), { signal: controller.signal });
    controller.abort();
    assert.equal(first.outcome, "ok");
    assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
  });

  check("aborting one execution leaves its neighbour alone", async (executor) => {
    const controller = new AbortController();
    const code = program(["fmt", "time"], 'fmt.Println("begun")', "time.Sleep(200 * time.Millisecond)", 'fmt.Println("done")');
    const neighbour = executor.execute(aRequest(code), { onEvent: () => controller.abort() });
    const aborted = executor.execute(aRequest(program(["time"], "time.Sleep(2 * time.Minute)")), { signal: controller.signal });
    const [{ value }, { reason }] = (await Promise.allSettled([neighbour, aborted])) as [
      PromiseFulfilledResult<Execution>,
      PromiseRejectedResult,
    ];
    isError("CANCELLED")(reason);
    assert.deepEqual([value.outcome, text(value.stdout)], ["ok", "begun\ndone\n"]);
  });

  check("racing executions get their own answers", async (executor) => {
    const answers = await Promise.all(
      [1, 2, 3, 4].map(async (index) => text((await executor.execute(aRequest(program(["fmt"], `fmt.Println(${index})`)))).stdout)),
    );
    assert.deepEqual(answers, ["1\n", "2\n", "3\n", "4\n"]);
  });
}
