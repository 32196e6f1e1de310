/** Ending an execution early, and many at once. */
import assert from "node:assert/strict";
import { RunnerError } from "@gorunner/core";
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

  check("racing executions get their own answers", async (executor) => {
    const answers = await Promise.all(
      [1, 2, 3, 4].map(async (index) => text((await executor.execute(aRequest(program(["fmt"], `fmt.Println(${index})`)))).stdout)),
    );
    assert.deepEqual(answers, ["1\n", "2\n", "3\n", "4\n"]);
  });
}
