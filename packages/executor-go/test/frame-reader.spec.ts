import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameReader } from "../src/sandbox/frame-reader.js";

function frame(kind: string, timeNs: bigint, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.write(kind, 0, "latin1");
  header.writeBigInt64BE(timeNs, 1);
  header.writeUInt32BE(payload.length, 9);
  return Buffer.concat([header, payload]);
}

const aFrame = fc.record({
  kind: fc.constantFrom("r", "o", "e", "x"),
  timeNs: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  payload: fc.uint8Array({ maxLength: 100 }),
});

describe("FrameReader", () => {
  it("reads the same frames however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(aFrame, { maxLength: 10 }), fc.array(fc.nat(1000), { maxLength: 10 }), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(({ kind, timeNs, payload }) => frame(kind, timeNs, payload)));
        const places = [0, ...cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b), stream.length];
        const reader = new FrameReader();
        const read = places.slice(1).flatMap((end, index) => reader.read(stream.subarray(places[index], end)));
        assert.deepEqual(
          read.map(({ kind, timeNs, payload }) => ({ kind, timeNs, payload: [...payload] })),
          frames.map(({ kind, timeNs, payload }) => ({ kind, timeNs, payload: [...payload] })),
        );
      }),
    );
  });

  it("refuses a stream that is not the supervisor's", () => {
    assert.throws(() => new FrameReader().read(Buffer.from("HTTP/1.1 400 Bad Request\r\n")));
    const tooLarge = frame("o", 0n, new Uint8Array());
    tooLarge.writeUInt32BE(2 ** 31, 9);
    assert.throws(() => new FrameReader().read(tooLarge));
  });
});
