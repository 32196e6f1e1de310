/** Ten times more work than there is machine: those whose work is taken must not pay for those whose work is not. */
import { CallError } from "@gorunner/e2e/support/clients.js";
import { type Bench, type Row, rounds, runBy, settleMs } from "../bench.js";
import { interleave, timed } from "../interleave.js";
import { atPace, perSecond } from "../load.js";
import { hello } from "../programs.js";
import { reportOf } from "../server/server-report.js";
import { quantile, summaryOf } from "../statistics.js";
import { targets } from "../targets.js";

/** `executor.queue_timeout`, which the server runs with its default of. */
const queueBudgetMs = 10_000;
const times = 10;

type Call = { end: "answered" | "refused at once" | "refused after waiting" | "failed"; ms: number; told?: string };

export const overload: Row = async (bench) => {
  const { server, clients, counts, cores, progress } = bench;
  const unloaded = await interleave(
    { ms: () => timed(() => runBy(clients.gRPC, hello())) },
    { rounds: counts.cold, pauseMs: settleMs, onRound: rounds(bench, counts.cold) },
  );
  const capacity = await perSecond({ loops: 2 * cores, forMs: counts.windowMs }, () => runBy(clients.gRPC, hello()));
  progress(`${Math.round(times * capacity)} calls a second for ${counts.overloadMs / 1000} s`);
  const report = await reportOf(server);
  const calls = await atPace({ perSecond: times * capacity, forMs: counts.overloadMs }, (index) => callOnce(bench, index));
  const answered = calls.filter(({ end }) => end === "answered").map(({ ms }) => ms);
  const count = (end: Call["end"]) => calls.filter((call) => call.end === end).length;
  const bound = queueBudgetMs + 2 * unloaded.ms.p99;
  const failures = [...new Set(calls.flatMap(({ told }) => told ?? []))];
  const work = `${times}× overload`;
  return {
    lines: [
      { work: "the same, unloaded", subject: "answered", unit: "ms", measured: unloaded.ms },
      {
        work,
        subject: "answered",
        unit: "ms",
        measured: summaryOf(answered),
        target: { bound: "at most", unit: "ms", land: bound, of: "p99" },
      },
      {
        work,
        subject: "accepted, then dropped",
        unit: "",
        measured: { count: calls.length, median: count("refused after waiting") + count("failed") },
        target: targets.nothing,
      },
    ],
    server: await report(),
    notes: [
      `${calls.length} calls offered at ${times} × ${capacity.toFixed(1)}/s over both transports: ${answered.length} answered, ` +
        `${count("refused at once")} refused at once, ${count("refused after waiting")} after waiting, ${count("failed")} failed` +
        `${failures.length === 0 ? "" : ` (${failures.slice(0, 3).join("; ")})`}.`,
      `Answered within ${Math.round(quantile(answered, 0.99))} ms at p99; bound: queue budget ${queueBudgetMs} ms + 2 × unloaded p99.`,
    ],
  };
};

async function callOnce({ clients }: Bench, index: number): Promise<Call> {
  const start = performance.now();
  const since = () => performance.now() - start;
  try {
    await runBy(clients[index % 2 === 0 ? "gRPC" : "REST"], hello());
    return { end: "answered", ms: since() };
  } catch (error) {
    if (!(error instanceof CallError)) return { end: "failed", ms: since(), told: String(error) };
    if (error.code !== "RESOURCE_EXHAUSTED") return { end: "failed", ms: since(), told: `${error.code}: ${error.message}` };
    return { end: /the queue is full/.test(error.message) ? "refused at once" : "refused after waiting", ms: since() };
  }
}
