import assert from "node:assert/strict";
import { type OutputEvent, withoutTurns } from "@gorunner/core";
import fc from "fast-check";
import { maxEvents, Output } from "../src/run/output.js";
import { Slices } from "../src/text/slices.js";

const stdout = (text: string, timeNs = 0n) => ({ kind: "o" as const, timeNs, payload: Buffer.from(text) });
const stderr = (text: string, timeNs = 0n) => ({ kind: "e" as const, timeNs, payload: Buffer.from(text) });
const eventsOf = (output: Output | undefined) => output?.events(new Slices(withoutTurns)) ?? [];
const told = (events: OutputEvent[]) => events.map(({ stream, data, timeNs }) => `${stream} ${timeNs} ${Buffer.from(data)}`);

describe("Output", () => {
  it("keeps each piece apart under the real clock, and joins those of one time and stream under the fake one", async () => {
    const frames = [stdout("a", 1n), stdout("b", 1n), stderr("c", 1n), stdout("d", 1n), stdout("e", 2n)];
    const [real, fake] = [false, true].map((fakeClock) => new Output({ fakeClock, onEvent: undefined }));
    for (const frame of frames) for (const output of [real, fake]) output?.take(frame);
    assert.deepEqual(told(await eventsOf(real)), ["stdout 1 a", "stdout 1 b", "stderr 1 c", "stdout 1 d", "stdout 2 e"]);
    assert.deepEqual(told(await eventsOf(fake)), ["stdout 1 ab", "stderr 1 c", "stdout 1 d", "stdout 2 e"]);
  });

  it("loses and alters no byte, whatever comes", () => {
    const frame = fc.record({ out: fc.boolean(), text: fc.string({ minLength: 1 }), timeNs: fc.bigInt({ min: 0n, max: 3n }) });
    fc.assert(
      fc.property(fc.array(frame), fc.boolean(), (frames, fakeClock) => {
        const output = new Output({ fakeClock, onEvent: undefined });
        for (const { out, text, timeNs } of frames) output.take(out ? stdout(text, timeNs) : stderr(text, timeNs));
        const written = (isOut: boolean) =>
          frames
            .filter(({ out }) => out === isOut)
            .map(({ text }) => text)
            .join("");
        assert.equal(output.of("stdout").toString(), Buffer.from(written(true)).toString());
        assert.equal(output.of("stderr").toString(), Buffer.from(written(false)).toString());
      }),
    );
  });

  it("keeps no more pieces than it may, tells all of them as they come, and loses nothing", async () => {
    const times = maxEvents + 1004;
    let count = 0;
    const output = new Output({ fakeClock: true, onEvent: () => void count++ });
    for (let index = 0; index < times; index++) {
      const text = String(index % 10);
      output.take(index % 2 === 0 ? stdout(text, BigInt(index)) : stderr(text, BigInt(index)));
    }
    assert.equal(count, times);
    assert.equal((await eventsOf(output)).length, maxEvents);
    assert.ok(output.of("stdout").toString() === "02468".repeat(times / 10));
    assert.ok(output.of("stderr").toString() === "13579".repeat(times / 10));
    const [stdoutEnd, stderrEnd] = (await eventsOf(output)).slice(-2);
    assert.equal(stdoutEnd?.data.length, 1 + 502);
    assert.equal(stderrEnd?.timeNs, BigInt(maxEvents - 1));
  });
});
