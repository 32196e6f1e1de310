/** What a program's output costs: the same program, built before, executed again. */
import { type Row, runBy, settleMs } from "../bench.js";
import { interleave, timed } from "../interleave.js";
import { printing } from "../programs.js";
import { reportOf } from "../server/server-report.js";

const kib = 1024;
/** Up to the server's limit of 1 MiB. */
const sizes = [16, kib, 16 * kib, 64 * kib, 256 * kib, 512 * kib, 1024 * kib];

export const output: Row = async ({ server, clients, go, counts, progress }) => {
  const report = await reportOf(server);
  const names = ["gRPC", "REST", "the binary alone"] as const;
  const series = names.map((name) => ({ name, points: [] as { x: number; y: number }[] }));
  for (const bytes of sizes) {
    progress(`at ${bytes} bytes`);
    const program = printing(bytes);
    await runBy(clients.gRPC, program);
    const summaries = await interleave(
      {
        gRPC: () => timed(() => runBy(clients.gRPC, program)),
        REST: () => timed(() => runBy(clients.REST, program)),
        "the binary alone": () => go.execute(program),
      },
      { rounds: 2 * counts.curve, pauseMs: settleMs },
    );
    for (const { name, points } of series) points.push({ x: bytes, y: summaries[name].median });
  }
  const [x, y] = [
    { label: "bytes of output", logarithmic: true },
    { label: "ms, median", logarithmic: false },
  ];
  return { lines: [], server: await report(), notes: [], curve: { title: "Cost by output size", x, y, series } };
};
