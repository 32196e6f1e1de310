import assert from "node:assert/strict";
import { type OutputEvent, RunnerError } from "@gorunner/core";
import { Cancellation } from "../src/pool/cancellation.js";
import { eventHandler } from "../src/run/event-handler.js";

const event: OutputEvent = { stream: "stdout", data: new Uint8Array(), timeNs: 0n };
const forEver = () => new Promise<void>(() => {});

const isError = (code: RunnerError["code"]) => (error: unknown) => error instanceof RunnerError && error.code === code;

describe("eventHandler", () => {
  it("gives up on a handler that holds up an execution for too long, all its events together", async () => {
    using cancellation = new Cancellation([]);
    let calls = 0;
    const onEvent = () => (++calls < 3 ? new Promise<void>((resolve) => setTimeout(resolve, 20)) : forEver());
    const handle = eventHandler({ onEvent, timeoutMs: 100, cancellation });
    await handle(event);
    await handle(event);
    const start = performance.now();
    await assert.rejects(Promise.resolve(handle(event)), isError("DEADLINE_EXCEEDED"));
    assert.ok(performance.now() - start < 1000);
  });

  it("waits for no handler once it is cancelled", async () => {
    const controller = new AbortController();
    using cancellation = new Cancellation([controller.signal]);
    const handle = eventHandler({ onEvent: forEver, timeoutMs: 60_000, cancellation });
    const handled = Promise.resolve(handle(event));
    controller.abort();
    await assert.rejects(handled, isError("CANCELLED"));
  });

  it("makes nothing wait for a handler that answers at once", () => {
    using cancellation = new Cancellation([]);
    assert.equal(eventHandler({ onEvent: () => {}, timeoutMs: 1, cancellation })(event), undefined);
  });
});
