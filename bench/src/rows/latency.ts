/** Rows that compare how long one program takes, from sending its source to having its output. */
import { type Bench, type Row, rounds, runBy, settleMs } from "../bench.js";
import { interleave, timed } from "../interleave.js";
import { hello, httpProgram, type Program } from "../programs.js";
import type { Line } from "../result.js";
import { reportOf } from "../server/server-report.js";
import type { Summary } from "../statistics.js";
import { type Target, targets } from "../targets.js";

interface References {
  measured: Record<"gRPC" | "REST", Summary>;
  /** By what each is called in the table. */
  references: Record<string, { summary: Summary; target?: Target }>;
}

function linesOf(work: string, { measured, references }: References): Line[] {
  return Object.entries(references).flatMap(([name, { summary, target }]) =>
    (["gRPC", "REST"] as const).map((subject) => ({
      work,
      subject,
      unit: "ms",
      measured: measured[subject],
      reference: { name, measured: summary },
      ...(target === undefined ? {} : { target }),
    })),
  );
}

const byBoth = ({ clients }: Bench, program: () => Program) => ({
  gRPC: () => {
    const made = program();
    return timed(() => runBy(clients.gRPC, made));
  },
  REST: () => {
    const made = program();
    return timed(() => runBy(clients.REST, made));
  },
});

const neverSeen =
  (work: string, program: () => Program, options: { count: "cold" | "http"; target: Target; floorTarget?: Target }): Row =>
  async (bench) => {
    const { go, counts, server } = bench;
    const report = await reportOf(server);
    const summaries = await interleave(
      {
        ...byBoth(bench, program),
        goRun: () => go.goRun(program()),
        floor: () => go.floor(program()),
        goBuild: () => go.goBuild(program()),
      },
      { rounds: counts[options.count], pauseMs: settleMs, onRound: rounds(bench, counts[options.count]) },
    );
    const lines = linesOf(work, {
      measured: summaries,
      references: {
        "(a) go run": { summary: summaries.goRun, target: options.target },
        "(b) floor": { summary: summaries.floor, ...(options.floorTarget === undefined ? {} : { target: options.floorTarget }) },
        "(c) go build + exec": { summary: summaries.goBuild },
      },
    });
    return { lines, server: await report(), notes: [] };
  };

export const cold = neverSeen("hello, never seen", hello, {
  count: "cold",
  target: targets.coldToGoRun,
  floorTarget: targets.coldToFloor,
});

export const http = neverSeen("net/http + httptest, never seen", httpProgram, { count: "http", target: targets.httpToGoRun });

export const cached: Row = async (bench) => {
  const { go, counts, server, clients } = bench;
  const seen = hello();
  await runBy(clients.gRPC, seen);
  const report = await reportOf(server);
  const summaries = await interleave(
    {
      ...byBoth(bench, () => seen),
      goRun: () => go.goRun(hello()),
      again: () => go.goRunAgain(hello()),
      execute: () => go.execute(seen),
    },
    { rounds: counts.cached, pauseMs: settleMs, onRound: rounds(bench, counts.cached) },
  );
  const lines = linesOf("hello, seen before", {
    measured: summaries,
    references: {
      "(a) go run, never seen": { summary: summaries.goRun, target: targets.cachedToGoRun },
      "go run, again": { summary: summaries.again },
      "the binary alone": { summary: summaries.execute },
    },
  });
  return { lines, server: await report(), notes: ["A hit executes the program again; only its build is saved."] };
};
