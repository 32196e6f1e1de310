/** Curves of what a program never seen before costs, beside `go run`. */
import { type Row, runBy, settleMs } from "../bench.js";
import { interleave, timed } from "../interleave.js";
import { importing, mostImports, ofSourceBytes, type Program } from "../programs.js";
import type { Axis } from "../result.js";
import { reportOf } from "../server/server-report.js";

interface Scale {
  title: string;
  x: Axis;
  points: number[];
  program(at: number): Program;
  /** Where the point is drawn; default where it was asked for. */
  place?(program: Program): number;
}

const againstGoRun =
  ({ title, x, points, program, place }: Scale): Row =>
  async ({ server, clients, go, counts, progress }) => {
    const report = await reportOf(server);
    const series = (["gRPC", "REST", "go run"] as const).map((name) => ({ name, points: [] as { x: number; y: number }[] }));
    for (const at of points) {
      progress(`at ${at}`);
      // What go has not compiled yet of the standard library is not this program's cost.
      await go.goRun(program(at));
      const next = () => program(at);
      const medians = await interleave(
        {
          gRPC: () => callBy(clients.gRPC, next()),
          REST: () => callBy(clients.REST, next()),
          "go run": () => go.goRun(next()),
        },
        { rounds: counts.curve, pauseMs: settleMs },
      );
      for (const { name, points } of series) points.push({ x: place?.(next()) ?? at, y: medians[name].median });
    }
    const curve = { title, x, y: { label: "ms, median", logarithmic: false }, series };
    return { lines: [], server: await report(), notes: [], curve };
  };

const callBy = (client: Parameters<typeof runBy>[0], program: Program) => timed(() => runBy(client, program));

export const source = againstGoRun({
  title: "Cost by source size",
  x: { label: "bytes of source", logarithmic: true },
  points: [100, 1000, 4000, 16_000, 32_000, 63_000],
  program: ofSourceBytes,
  place: ({ code }) => code.length,
});

export const imports = againstGoRun({
  title: "Cost by imports",
  x: { label: "imported packages", logarithmic: false },
  points: [1, 5, 10, 20, 30, mostImports],
  program: importing,
});
