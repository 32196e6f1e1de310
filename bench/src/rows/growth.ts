/** What many runs leave behind: it must be nothing. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, grpcClient, restClient } from "@gorunner/e2e/support/clients.js";
import { type Row, runBy, runToItsEnd } from "../bench.js";
import { repeat } from "../load.js";
import { hello, others, type Program } from "../programs.js";
import type { Line } from "../result.js";
import { descendants, descriptors, diskMib, rssMib } from "../server/process-figures.js";
import { reportOf } from "../server/server-report.js";
import { startWarm } from "../server/start-server.js";
import { type Point, slope } from "../statistics.js";
import { flat, type Target } from "../targets.js";

/** Of so many runs one is of a program never seen before. */
const coldEvery = 20;
/** Until what the last run has left is cleared and the sandboxes for the next stand. */
const restMs = 500;
/** What a process needs at first is no growth: caches fill, code is compiled. */
const skippedShare = 1 / 3;

/** Of so many runs one ends otherwise than well, in each of the ways in turn. */
const otherEvery = 10;

function mixed(client: Client, { index, seen }: { index: number; seen: Program }): Promise<void> {
  const other = others[Math.floor(index / otherEvery) % others.length];
  if (index % otherEvery === 1 && other !== undefined) return runToItsEnd(client, other);
  return runBy(client, index % coldEvery === 0 ? hello() : seen);
}

/**
 * On a server of its own: a heap that the rows before have made large takes longer than these runs to find its size again,
 * which would look like growth or hide it.
 */
export const growth: Row = async (bench) => {
  const { directory, places, progress } = bench;
  progress("starting a server of its own");
  const own = { cacheDir: places.cacheDir, database: join(directory, "growth.db") };
  const server = await startWarm(own);
  const clients = { gRPC: grpcClient(server.grpc), REST: restClient(server.rest) };
  try {
    return await measure({ ...bench, server, clients, places: own });
  } finally {
    clients.gRPC.close();
    await server.stop();
  }
};

const measure: Row = async ({ server, clients, counts, cores, places, progress }) => {
  const seen = hello();
  await runBy(clients.gRPC, seen);
  const report = await reportOf(server);
  const rss: Point[] = [];
  const open: Point[] = [];
  const disk: Point[] = [];
  const below: Point[] = [];
  let binaries = 0;
  const batch = Math.ceil(counts.runs / counts.samples);
  for (let done = 0; done < counts.runs; ) {
    const times = Math.min(batch, counts.runs - done);
    await repeat({ times, atOnce: 2 * cores }, (index) => mixed(clients[index % 2 === 0 ? "gRPC" : "REST"], { index, seen }));
    done += times;
    await pause(restMs);
    rss.push({ x: done, y: rssMib(server.pid) });
    open.push({ x: done, y: descriptors(server.pid) });
    below.push({ x: done, y: descendants(server.pid).length });
    const beside = await diskMib(places.cacheDir, "binaries");
    disk.push({ x: done, y: beside });
    binaries = (await diskMib(places.cacheDir)) - beside;
    progress(`${done} of ${counts.runs} runs`);
  }
  const work = `growth over ${counts.runs} runs`;
  const line = (subject: string, points: Point[], target: Target): Line => {
    const late = points.slice(Math.floor(points.length * skippedShare));
    return { work, subject, unit: target.unit, measured: { count: late.length, median: slope(late) * counts.runs }, target };
  };
  const ends = (points: Point[]) => `${points[0]?.y.toFixed(0)} → ${points.at(-1)?.y.toFixed(0)}`;
  return {
    lines: [
      line("RSS", rss, flat.rss),
      line("descriptors", open, flat.descriptors),
      line("processes below it", below, flat.processes),
      line("disk in cache_dir, less binaries", disk, flat.disk),
      { work, subject: "binaries kept", unit: "MiB", measured: { count: 1, median: binaries }, target: flat.binaries },
    ],
    server: await report(),
    notes: [
      `The robust slope of ${counts.samples} samples at rest, the first third left out, times ${counts.runs}; one run in ${coldEvery} never seen before, one in ${otherEvery} of several packages, a test, a mistake, a panic or at a limit.`,
      `From the first sample to the last: RSS ${ends(rss)} MiB, descriptors ${ends(open)}, processes ${ends(below)}.`,
    ],
    curve: {
      title: "RSS over many runs",
      x: { label: "runs", logarithmic: false },
      y: { label: "MiB", logarithmic: false },
      series: [{ name: "server process", points: rss }],
    },
  };
};
