/** An executor with all it can do at once to do, and one that can do nothing. */
import assert from "node:assert/strict";
import type { CodeExecutor } from "@gorunner/core";
import { RunnerError } from "@gorunner/core";
import { aRequest, hello, program } from "../programs.js";
import { type Check, isError } from "./check.js";

/** Runs until it is aborted. */
const endless = program(["fmt", "time"], 'fmt.Println("holds the place")', "time.Sleep(time.Minute)");

/** On an executor that runs one program at once and lets one more wait. */
export function capacity(check: Check): void {
  check("a full queue refuses at once, and says when to come back", async (executor) => {
    const { free, runs } = await occupied(executor);
    const waits = executor.execute(aRequest(hello));
    await assert.rejects(executor.execute(aRequest(hello)), (error) => {
      isError("RESOURCE_EXHAUSTED")(error);
      return error instanceof RunnerError && error.retryAfterMs !== undefined && error.retryAfterMs > 0;
    });
    free();
    await assert.rejects(runs, isError("CANCELLED"));
    assert.equal((await waits).outcome, "ok");
  });

  check("who waits is not run before there is room, and tells how long it waited", async (executor) => {
    const { free, runs } = await occupied(executor);
    let hasEnded = false;
    const waits = executor.execute(aRequest(hello)).finally(() => {
      hasEnded = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(hasEnded, false);
    free();
    await assert.rejects(runs, isError("CANCELLED"));
    assert.ok((await waits).timings.queueMs >= 90);
  });

  check("who waits can be cancelled, and leaves its place in the queue to another", async (executor) => {
    const { free, runs } = await occupied(executor);
    const controller = new AbortController();
    const leaves = executor.execute(aRequest(hello), { signal: controller.signal });
    controller.abort();
    await assert.rejects(leaves, isError("CANCELLED"));
    const comes = executor.execute(aRequest(hello));
    free();
    await assert.rejects(runs, isError("CANCELLED"));
    assert.equal((await comes).outcome, "ok");
  });
}

/** On an executor whose toolchain or sandbox is gone, or that has been closed. */
export function unavailability(check: Check): void {
  check("without toolchain or sandbox it is UNAVAILABLE", async (executor) => {
    await assert.rejects(executor.execute(aRequest(hello)), isError("UNAVAILABLE"));
  });
}

/** With its one place taken, by `runs`, until `free` is called. */
async function occupied(executor: CodeExecutor): Promise<{ free: () => void; runs: Promise<unknown> }> {
  const controller = new AbortController();
  let runs: Promise<unknown> = Promise.resolve();
  await new Promise<void>((started, failed) => {
    runs = executor.execute(aRequest(endless), { signal: controller.signal, onEvent: () => started() });
    runs.catch(failed);
  });
  return { free: () => controller.abort(), runs };
}
