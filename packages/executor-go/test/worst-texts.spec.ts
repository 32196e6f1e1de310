/** What the executor does with texts of users: each takes time in proportion to the text, and others have a turn meanwhile. */
import assert from "node:assert/strict";
import { type OutputEvent, type Turns, withoutTurns } from "@gorunner/core";
import { cleanBuildOutput, parseDiagnostics } from "../src/build/diagnostics.js";
import { readBuildOutput } from "../src/build/read-build-output.js";
import { Output } from "../src/run/output.js";
import { VerboseEvents } from "../src/run/verbose-events.js";
import { Slices } from "../src/text/slices.js";
import { quotedNames } from "../src/toolchain/quoted-names.js";
import { saysOutOfMemory } from "../src/verdict/out-of-memory.js";
import { saysOutOfThreads } from "../src/verdict/out-of-threads.js";
import { testResultsFrom } from "../src/verdict/test-results.js";

const kib = 1024;
const mib = kib * kib;

/** What one of the expressions of before, or one like them, would pass over again and again. */
const ofTools = [
  "../",
  "../modules/",
  "/modules/a",
  "x.go:1",
  "a.go:1:1: ",
  " is not in std (",
  "# x [",
  "FAIL\t",
  " ",
  "\t",
  ":",
  "1",
  "\x01",
  "x\n",
  "\n",
  "\tx\n",
];
const ofTests = [
  "\x16",
  "\x16=",
  "\x16=== ",
  "\x16=== RUN   A\n",
  "\x16--- PASS: A (0.00s)\n",
  "\x16=== NAME  A\n    x\n",
  "a",
  "\n",
  "panic: \n",
];
const ofRuntime = [
  "runtime: ",
  "\nruntime: out of memor",
  "SIGSEGV: segmentation violation\n",
  "SIGSEGV: segmentation violation\nPC=0x0",
  "runtime: failed to create new OS thread (have 1",
  "1",
];

/** Tests that are part of each other, as deep as names go. */
const nested = (length: number) => {
  const lines = Array.from({ length: 500 }, (_, depth) => `\x16=== RUN   Benchmark${"/a".repeat(depth)}\n`).join("");
  return lines.repeat(Math.ceil(length / lines.length)).slice(0, length);
};
/** Subtests without end, that are shown when the last of the tests that they are part of has ended. */
const subtests = (length: number) => {
  const names = Array.from({ length: 15 }, (_, depth) => `A${"/a".repeat(depth)}`);
  const leaves = Array.from({ length: Math.floor(length / 100) }, (_, index) => `${names.at(-1)}/${index}`);
  const verdict = (name: string) => `\x16--- PASS: ${name} (0.00s)\n`;
  const run = (name: string) => `\x16=== RUN   ${name}\n`;
  return [...names.map(run), ...leaves.map((leaf) => run(leaf) + verdict(leaf)), ...names.reverse().map(verdict)].join("");
};

const repeated = (unit: string) => (length: number) => unit.repeat(Math.floor(length / unit.length));
const stdout = (text: string): OutputEvent[] => [{ stream: "stdout", data: Buffer.from(text, "latin1"), timeNs: 0n }];
const stderr = (text: string): OutputEvent[] => [{ stream: "stderr", data: Buffer.from(text, "latin1"), timeNs: 0n }];

async function show(events: OutputEvent[], turns: Turns): Promise<void> {
  const shown = new VerboseEvents(new Slices(turns));
  for (const event of events) await shown.take(event);
  shown.end();
}

interface Work {
  texts: Record<string, (length: number) => string>;
  /** Without slices where it has none: then it has to be fast. */
  work(text: string, turns: Turns): unknown;
  sliced: boolean;
}

const byUnit = (units: string[]) => Object.fromEntries(units.map((unit) => [JSON.stringify(unit), repeated(unit)]));
const all: Record<string, Work> = {
  "cleaning what the tools said": { texts: byUnit(ofTools), work: cleanBuildOutput, sliced: false },
  "taking it apart": { texts: byUnit(ofTools), work: (text) => parseDiagnostics(text), sliced: false },
  "both in slices": { texts: byUnit(["x\n", "\n", "a.go:1:1: \n"]), work: readBuildOutput, sliced: true },
  "telling an end of memory": { texts: byUnit(ofRuntime), work: saysOutOfMemory, sliced: false },
  "telling an end of threads": { texts: byUnit(ofRuntime), work: saysOutOfThreads, sliced: false },
  "showing test output": {
    texts: { ...byUnit(ofTests), nested, subtests },
    work: (text, turns) => show(stdout(text), turns),
    sliced: true,
  },
  "reading test results": {
    texts: { ...byUnit(ofTests), nested, subtests },
    work: (text, turns) => testResultsFrom(stdout(text), "play", new Slices(turns)),
    sliced: true,
  },
  "finding a panic's test": {
    texts: byUnit(["panic: \n", "panic: ", "\n"]),
    work: (text) => testResultsFrom(stderr(text), "play", new Slices(withoutTurns)),
    sliced: false,
  },
  "finding imports": {
    texts: byUnit(['"', '"a"', '"a', "a", "`fmt`"]),
    work: (text, turns) => quotedNames(Buffer.from(text), new Set(["fmt"]), new Slices(turns)),
    sliced: false,
  },
};

/** Processor time, which other programs on the machine do not make longer. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** How long work took in all, its longest slice, and how many turns others had between. */
async function measure(work: (turns: Turns) => unknown): Promise<{ allMs: number; sliceMs: number; turns: number }> {
  const measured = { allMs: 0, sliceMs: 0, turns: 0 };
  let start = cpuMs();
  const end = () => {
    const now = cpuMs();
    measured.allMs += now - start;
    measured.sliceMs = Math.max(measured.sliceMs, now - start);
    start = now;
  };
  await work({
    next: async () => {
      end();
      measured.turns++;
    },
  });
  end();
  return measured;
}

/** Ten times what may hold the event loop. */
const maxSliceMs = 500;

describe("The worst texts of users", function () {
  this.timeout(120_000);

  for (const [what, { texts, work, sliced }] of Object.entries(all)) {
    it(`${what} takes time in proportion to the text${sliced ? ", and turns for others" : ""}`, async () => {
      for (const [name, textOf] of Object.entries(texts)) {
        // The first time, what is measured is the compiler too.
        for (let round = 0; round < 2; round++) await work(textOf(16 * kib), withoutTurns);
        const short = await measure((turns) => work(textOf(64 * kib), turns));
        const long = await measure((turns) => work(textOf(mib), turns));
        const told = `${name}: ${Math.round(short.allMs)} ms for 64 KiB, ${Math.round(long.allMs)} ms for 1 MiB, ${Math.round(long.sliceMs)} ms a slice`;
        assert.ok(long.allMs <= 16 * 4 * Math.max(short.allMs, 3), told);
        assert.ok(long.sliceMs <= maxSliceMs, told);
        if (sliced) assert.ok(long.turns >= 64, `${name}: ${long.turns} turns for others`);
      }
    });
  }

  it("65,536 pieces of output are joined at once, and told with turns for others", async () => {
    const output = new Output({ fakeClock: false, onEvent: undefined });
    for (let index = 0; index < 65_536; index++)
      output.take({ kind: "o", timeNs: BigInt(index), payload: Buffer.from("0123456789abcdef") });
    const turns = { count: 0, next: async () => void turns.count++ };
    assert.equal((await output.events(new Slices(turns))).length, 65_536);
    assert.ok(turns.count >= 64, `${turns.count} turns`);
    assert.ok(output.of("stdout").equals(Buffer.from("0123456789abcdef".repeat(65_536))));
  });
});
