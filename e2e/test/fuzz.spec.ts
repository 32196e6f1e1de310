import { fuzz } from "../fuzz/fuzz.js";
import { cacheDir } from "../support/gorunner.js";

describe("Whatever is sent", function () {
  this.timeout(120_000);

  it("ends in an outcome or a refusal in time, leaves nothing behind, and the next program runs", async () => {
    const ends = new Map<string, number>();
    await fuzz({ runs: 40, seed: 20_261_126, cacheDir, onRun: (end) => ends.set(end, (ends.get(end) ?? 0) + 1) });
    // A fuzzer whose requests all are refused, or all compile, would look at little.
    for (const end of ["ok", "compile_error", "refused"]) if (!ends.has(end)) throw new Error(`none of them ended in ${end}`);
  });
});
