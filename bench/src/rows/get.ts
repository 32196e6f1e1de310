/** Reading a snippet, by the level that has it: calls per second, and what each costs the server's process. */
import type { Row } from "../bench.js";
import { eachOf } from "../load.js";
import type { Line } from "../result.js";
import { countersAt, since, sumOf } from "../server/counters.js";
import { cpuMs } from "../server/process-figures.js";
import { rateOf, summaryOf } from "../statistics.js";
import { type Level, withLevels } from "../storage/levels.js";

const inFlight = 16;
/** A server that finds Redis slow for a moment goes past it for a while. */
const mostAttempts = 10;
/** Reads that Redis answers too late go on to the store, on a busy machine some in a hundred. */
const leastShare = 0.95;
const transports = ["gRPC", "REST"] as const;
type Transport = (typeof transports)[number];

export const get: Row = (bench) =>
  withLevels(bench, { inFlight }, async (levels) => {
    const { windows, reads } = bench.counts;
    const figures = levels.map((level) => ({ level, gRPC: [] as Window[], REST: [] as Window[], beside: [] as number[] }));
    let discarded = 0;
    for (let window = 0; window <= windows; window++) {
      bench.progress(window === 0 ? "warming up" : `window ${window} of ${windows}`);
      for (const { level, beside, ...measured } of figures) {
        for (const transport of transports) {
          for (let attempt = 1; ; attempt++) {
            const figure = await windowOf(level, { transport, reads });
            if (window === 0) break;
            if (figure.isOfLevel) {
              measured[transport].push(figure);
              break;
            }
            discarded += 1;
            if (attempt === mostAttempts) throw new Error(`the level ${level.name} does not answer what it has`);
          }
        }
        if (window > 0 && level.reference !== undefined) beside.push(await level.reference.perSecond());
      }
    }
    return {
      lines: figures.flatMap(({ level, beside, ...measured }) => linesOf(level, measured, beside)),
      notes: [
        `${inFlight} calls in flight from one client process, ${reads} reads a window; CPU is the server process's own, all its threads.`,
        "Process: one snippet, read again and again. Redis: each snippet once, after another server has read it. PostgreSQL and SQLite: each once, after a miss in all caches, and with filling those.",
        `That it was this level that answered at least ${100 * leastShare} reads of a hundred is seen in the server's counters; ${discarded} windows in which another one did were discarded.`,
      ],
    };
  });

interface Window {
  perSecond: number;
  cpuMicros: number;
  /** Whether the level answered that is meant: a figure of another thing is none. */
  isOfLevel: boolean;
}

async function windowOf(level: Level, { transport, reads }: { transport: Transport; reads: number }): Promise<Window> {
  const ids = await level.ids(reads);
  const before = await countersAt(level.server.metrics);
  const cpuBefore = cpuMs(level.server.pid);
  const start = performance.now();
  await eachOf(ids, { atOnce: inFlight }, (id) => level.clients[transport].getCode(id));
  const elapsedMs = performance.now() - start;
  const cpu = cpuMs(level.server.pid) - cpuBefore;
  const answered = sumOf(since(before, await countersAt(level.server.metrics)), level.answers);
  return { perSecond: (1000 * reads) / elapsedMs, cpuMicros: (1000 * cpu) / reads, isOfLevel: answered >= leastShare * reads };
}

function linesOf({ name, reference }: Level, measured: Record<Transport, Window[]>, beside: readonly number[]): Line[] {
  const work = `GetCodeByID, found in ${name === "process" ? "the process" : name}`;
  const line = (subject: Transport, unit: string, figure: (window: Window) => number): Line => ({
    work,
    subject,
    unit,
    measured: rateOf(measured[subject].map(figure)),
  });
  const against = reference === undefined ? {} : { reference: { name: reference.name, measured: summaryOf(beside) } };
  return [
    ...transports.map((each) => ({ ...line(each, "/s", ({ perSecond }) => perSecond), ...against })),
    ...transports.map((each) => line(each, "CPU µs/call", ({ cpuMicros }) => cpuMicros)),
    ...transports.map((each) => line(each, "/s of one core's CPU", ({ cpuMicros }) => 1e6 / cpuMicros)),
  ];
}
