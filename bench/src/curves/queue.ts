/** What waiting costs: the time of a run that finds so many others before it, all of programs seen before. */
import { setTimeout as pause } from "node:timers/promises";
import { type Row, runBy, settleMs } from "../bench.js";
import { timed } from "../interleave.js";
import { hello } from "../programs.js";
import { reportOf } from "../server/server-report.js";
import { median } from "../statistics.js";

/** The server's queue holds 64. */
const lengths = [0, 1, 2, 4, 8, 16, 32, 48, 63];

export const queue: Row = async ({ server, clients, counts, progress }) => {
  const seen = hello();
  await runBy(clients.gRPC, seen);
  const report = await reportOf(server);
  const series = (["gRPC", "REST"] as const).map((name) => ({ name, points: [] as { x: number; y: number }[] }));
  for (const length of lengths) {
    progress(`behind ${length}`);
    for (const { name, points } of series) {
      const figures: number[] = [];
      for (let round = 0; round < counts.curve; round++) {
        await pause(settleMs);
        const before = Array.from({ length }, () => runBy(clients[name], seen));
        figures.push(await timed(() => runBy(clients[name], seen)));
        await Promise.all(before);
      }
      points.push({ x: length, y: median(figures) });
    }
  }
  const [x, y] = [
    { label: "runs that came before", logarithmic: false },
    { label: "ms, median", logarithmic: false },
  ];
  return { lines: [], server: await report(), notes: [], curve: { title: "Time by queue length", x, y, series } };
};
