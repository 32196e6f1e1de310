import assert from "node:assert/strict";
import { type CancelSignal, RunnerError } from "@gorunner/core";
import { SharedWork } from "../src/pool/shared-work.js";

const isCancelled = (error: unknown) => error instanceof RunnerError && error.code === "CANCELLED";

/** Work that ends when told to, or when it is cancelled. */
function aWork() {
  const calls: CancelSignal[] = [];
  let finish: (result: string) => void = () => {};
  const work = (signal: CancelSignal) => {
    calls.push(signal);
    return new Promise<string>((resolve, reject) => {
      finish = resolve;
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  return { work, calls, finish: (result: string) => finish(result) };
}

describe("SharedWork", () => {
  it("is done once for all who want it at once, and again for who comes later", async () => {
    const shared = new SharedWork<string>();
    const { work, calls, finish } = aWork();
    const wanted = [1, 2, 3].map(() => shared.join("key", work, undefined));
    finish("done");
    assert.deepEqual(await Promise.all(wanted), ["done", "done", "done"]);
    assert.equal(calls.length, 1);
    const later = shared.join("key", work, undefined);
    finish("again");
    assert.equal(await later, "again");
    assert.equal(calls.length, 2);
  });

  it("one who leaves does not end it for the others", async () => {
    const shared = new SharedWork<string>();
    const { work, calls, finish } = aWork();
    const controller = new AbortController();
    const leaving = shared.join("key", work, controller.signal);
    const staying = shared.join("key", work, undefined);
    controller.abort();
    await assert.rejects(leaving, isCancelled);
    assert.equal(calls[0]?.aborted, false);
    finish("done");
    assert.equal(await staying, "done");
  });

  it("ends when the last one leaves, and is begun anew for the next", async () => {
    const shared = new SharedWork<string>();
    const { work, calls, finish } = aWork();
    const controllers = [new AbortController(), new AbortController()];
    const leaving = controllers.map(({ signal }) => shared.join("key", work, signal));
    for (const controller of controllers) controller.abort();
    for (const each of leaving) await assert.rejects(each, isCancelled);
    assert.equal(calls[0]?.aborted, true);
    const next = shared.join("key", work, undefined);
    finish("anew");
    assert.equal(await next, "anew");
  });

  it("its failure is everybody's", async () => {
    const shared = new SharedWork<string>();
    const failing = async () => {
      throw new Error("failed");
    };
    const wanted = [shared.join("key", failing, undefined), shared.join("key", failing, undefined)];
    for (const each of wanted) await assert.rejects(each, /failed/);
  });
});
