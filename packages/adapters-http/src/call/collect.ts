import type { Readable } from "node:stream";
import { type FairShare, type Holder, RunnerError } from "@gorunner/core";
import { bodyTooLarge } from "../answers/refusal.js";

const firstBytes = 4096;
const nothing = Buffer.alloc(0);

/**
 * All that `source` gives, copied into one piece of memory: a part of what was read from a socket at once keeps all of that,
 * so a body in many small parts would hold many times its size.
 *
 * @param options.declaredBytes how much will come, where that is known: it is refused before it has come if there is no room.
 * @throws RunnerError INVALID_ARGUMENT above `maxBytes`, RESOURCE_EXHAUSTED when `memory` has no room for it or gives its room
 *   to another; whatever `source` fails with.
 */
export function collect(
  source: Readable,
  { maxBytes, memory, peer, declaredBytes = 0 }: { maxBytes: number; memory: FairShare; peer: string; declaredBytes?: number },
): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    let bytes = nothing;
    let length = 0;
    const ended = (settle: () => void) => {
      memory.give(holder);
      source.off("data", arrived).off("end", whole).off("close", cut).pause();
      settle();
      // The request keeps these functions for as long as it is there.
      bytes = nothing;
    };
    const fail = (failure: Error) => ended(() => reject(failure));
    const exhausted = () => fail(new RunnerError("RESOURCE_EXHAUSTED", "too much is being received at once; try again later"));
    const holder: Holder = { peer, canEnd: () => true, end: exhausted };
    const arrived = (chunk: Buffer) => {
      const needed = length + chunk.length;
      if (needed > maxBytes) return fail(bodyTooLarge(maxBytes));
      if (needed > bytes.length) {
        const larger = Math.min(maxBytes, Math.max(firstBytes, 2 * bytes.length, needed));
        if (!memory.take(holder, larger - bytes.length)) return exhausted();
        const grown = Buffer.allocUnsafeSlow(larger);
        bytes.copy(grown, 0, 0, length);
        bytes = grown;
      }
      chunk.copy(bytes, length);
      length = needed;
    };
    const whole = () => ended(() => resolve(bytes.subarray(0, length)));
    const cut = () => fail(new Error("the body ended early"));
    // The memory is touched when something is written to it, and not before.
    if (declaredBytes > 0) {
      if (!memory.take(holder, declaredBytes)) return exhausted();
      bytes = Buffer.allocUnsafeSlow(declaredBytes);
    }
    source.on("data", arrived).once("end", whole).once("error", fail).once("close", cut);
  });
}
