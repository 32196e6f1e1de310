/** Reading a snippet that everybody reads: calls per second, and what each costs the server's process. */
import type { Row } from "../bench.js";
import { perSecond } from "../load.js";
import { hello } from "../programs.js";
import type { Line } from "../result.js";
import { cpuMs } from "../server/process-figures.js";
import { summaryOf } from "../statistics.js";

const inFlight = 16;
const warmUpMs = 500;

export const get: Row = async ({ server, clients, counts, progress }) => {
  const id = await clients.gRPC.shareCode(hello().code);
  const rates = { gRPC: [] as number[], REST: [] as number[] };
  const costs = { gRPC: [] as number[], REST: [] as number[] };
  for (let window = 0; window <= counts.windows; window++) {
    progress(window === 0 ? "warming up" : `window ${window} of ${counts.windows}`);
    for (const name of ["gRPC", "REST"] as const) {
      let calls = 0;
      const cpuBefore = cpuMs(server.pid);
      const rate = await perSecond({ loops: inFlight, forMs: window === 0 ? warmUpMs : counts.windowMs }, async () => {
        await clients[name].getCode(id);
        calls += 1;
      });
      if (window === 0) continue;
      rates[name].push(rate);
      costs[name].push((1000 * (cpuMs(server.pid) - cpuBefore)) / calls);
    }
  }
  const line = (subject: "gRPC" | "REST", unit: string, figures: number[]): Line => {
    const { count, median } = summaryOf(figures);
    return { work: "GetCodeByID, hot id", subject, unit, measured: { count, median } };
  };
  const both = ["gRPC", "REST"] as const;
  return {
    lines: [
      ...both.map((name) => line(name, "/s", rates[name])),
      ...both.map((name) => line(name, "CPU µs/call", costs[name])),
      ...both.map((name) =>
        line(
          name,
          "/s of one core's CPU",
          costs[name].map((microseconds) => 1e6 / microseconds),
        ),
      ),
    ],
    notes: [`${inFlight} calls in flight from one client process; CPU is the server process's own, all its threads.`],
  };
};
