import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { onStopSignals, type StopSignal } from "../../src/lifecycle/stop-signals.js";

function aSource() {
  const source = new EventEmitter();
  const impatience: StopSignal[] = [];
  let nowMs = 0;
  const signals = onStopSignals((signal) => impatience.push(signal), { source, now: () => nowMs });
  const send = (signal: StopSignal, atMs: number) => {
    nowMs = atMs;
    source.emit(signal, signal);
  };
  return { signals, send, impatience, source };
}

describe("onStopSignals", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`resolves at ${signal}`, async () => {
      const { signals, send } = aSource();
      send(signal, 0);
      assert.equal(await signals.first, signal);
    });
  }

  it("takes a second signal within 2 s as the first", () => {
    const { send, impatience } = aSource();
    send("SIGTERM", 0);
    send("SIGINT", 1);
    send("SIGTERM", 2000);
    assert.deepEqual(impatience, []);
  });

  it("takes a later one as impatience", () => {
    const { send, impatience } = aSource();
    send("SIGTERM", 0);
    send("SIGINT", 2001);
    assert.deepEqual(impatience, ["SIGINT"]);
  });

  it("lets go of the signals", () => {
    const { signals, source } = aSource();
    signals.dispose();
    assert.deepEqual(source.eventNames(), []);
  });
});
