import assert from "node:assert/strict";
import { asRunnerError, cancellationOf, notFound, RunnerError, throwIfCancelled } from "@gorunner/core";
import { runnerError } from "./expectations.js";

describe("asRunnerError", () => {
  it("leaves one of ours as it is", () => {
    const error = notFound("snippet 1 not found");
    assert.equal(asRunnerError(error), error);
  });

  it("makes anything else INTERNAL and tells its message to nobody but the log", () => {
    for (const thrown of [new Error("password=hunter2"), "text", undefined, 42]) {
      const error = asRunnerError(thrown);
      assert.deepEqual([error.code, error.message, error.cause], ["INTERNAL", "internal error", thrown]);
    }
  });
});

describe("RunnerError", () => {
  it("has a cause only where one was given", () => {
    assert.ok(!("cause" in new RunnerError("INTERNAL", "no cause")));
    assert.ok("cause" in new RunnerError("INTERNAL", "an undefined cause", { cause: undefined }));
  });
});

describe("cancellation", () => {
  it("is CANCELLED, with the signal's reason as its cause", () => {
    const reason = new Error("hung up");
    const error = cancellationOf(AbortSignal.abort(reason));
    assert.deepEqual([error.code, error.cause], ["CANCELLED", reason]);
  });

  it("is the signal's reason where that is ours", () => {
    const reason = new RunnerError("DEADLINE_EXCEEDED", "too late");
    assert.equal(cancellationOf(AbortSignal.abort(reason)), reason);
  });

  it("throws only when there is a signal and it was aborted", () => {
    throwIfCancelled(undefined);
    throwIfCancelled(new AbortController().signal);
    assert.throws(() => throwIfCancelled(AbortSignal.abort()), runnerError("CANCELLED"));
  });
});
