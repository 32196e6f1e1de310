/** How many programs never seen before the machine gets done when it is kept busy. */
import { setTimeout as pause } from "node:timers/promises";
import { type Row, runBy, settleMs } from "../bench.js";
import { perSecond } from "../load.js";
import { hello } from "../programs.js";
import { reportOf } from "../server/server-report.js";
import { summaryOf } from "../statistics.js";
import { targets } from "../targets.js";

export const throughput: Row = async ({ server, clients, go, counts, cores, progress }) => {
  const report = await reportOf(server);
  const rates = { gRPC: [] as number[], REST: [] as number[], goRun: [] as number[] };
  for (let window = 1; window <= counts.windows; window++) {
    progress(`window ${window} of ${counts.windows}`);
    for (const name of ["gRPC", "REST"] as const) {
      await pause(settleMs);
      // One that runs and one that waits for each core: a core that falls free finds work.
      rates[name].push(await perSecond({ loops: 2 * cores, forMs: counts.windowMs }, () => runBy(clients[name], hello())));
    }
    await pause(settleMs);
    rates.goRun.push(await perSecond({ loops: cores, forMs: counts.windowMs }, () => go.goRun(hello())));
  }
  const reference = { name: `(a) go run in ${cores} loops`, measured: summaryOf(rates.goRun) };
  const lines = (["gRPC", "REST"] as const).map((subject) => {
    const { count, median } = summaryOf(rates[subject]);
    return {
      work: `hello, never seen, ${cores} cores busy`,
      subject,
      unit: "/s",
      measured: { count, median },
      reference,
      target: targets.coldPerSecond,
    };
  });
  return { lines, server: await report(), notes: [`Windows of ${counts.windowMs / 1000} s, ${2 * cores} calls in flight.`] };
};
