/** One run: places, references, a warm server, the rows one after another, and everything put away again. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { grpcClient, restClient } from "@gorunner/e2e/support/clients.js";
import type { Gorunner } from "@gorunner/e2e/support/gorunner.js";
import { type Bench, runBy } from "./bench.js";
import type { Options } from "./options.js";
import { hello, httpProgram } from "./programs.js";
import { GoReferences } from "./references/go-references.js";
import { type Conditions, conditionsOf } from "./report/conditions.js";
import type { RowResult } from "./result.js";
import { rows } from "./rows.js";
import { startWarm } from "./server/start-server.js";

/** Kept between runs: the compiled standard library, for the server and for the references. */
const kept = process.env["GORUNNER_BENCH_CACHE_DIR"] ?? join(tmpdir(), `gorunner-bench-cache-${process.getuid?.() ?? 0}`);

export interface Run {
  conditions: Conditions;
  results: RowResult[];
}

/** @param signal asks for an early end, after which nothing is left behind. @throws Error when it came, or when a row failed. */
export async function runBench(options: Options, signal: AbortSignal, progress: (what: string) => void): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), "gorunner-bench-"));
  let server: Gorunner | undefined;
  try {
    // Sandboxes start as other users.
    await chmod(directory, 0o755);
    progress("preparing the references (go run, go build, compile and link)");
    const go = await GoReferences.open(directory, join(kept, "go-build"));
    signal.throwIfAborted();
    progress("starting the server and waiting until the standard library is compiled");
    const places = { cacheDir: join(kept, "server"), database: join(directory, "runner.db") };
    server = await startWarm(places);
    const clients = { gRPC: grpcClient(server.grpc), REST: restClient(server.rest) };
    const cores = availableParallelism();
    const bench: Bench = { server, places, clients, go, counts: options.counts, cores, directory, progress };
    await warmUp(bench);
    const conditions = conditionsOf({ cores, go: go.toolchain, quick: options.quick });
    const results = await measure(bench, options, signal);
    clients.gRPC.close();
    return { conditions: conditions(), results };
  } finally {
    await server?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measure(bench: Bench, { rows: ids }: Options, signal: AbortSignal): Promise<RowResult[]> {
  const results: RowResult[] = [];
  const interrupted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  for (const id of ids) {
    const progress = (what: string) => bench.progress(`${id}: ${what}`);
    progress("begins");
    results.push({ id, ...(await Promise.race([rows[id]({ ...bench, progress }), interrupted])) });
  }
  return results;
}

/** A server that serves is what is measured, not one that has just started. */
async function warmUp({ clients }: Bench): Promise<void> {
  for (let round = 0; round < 5; round++) {
    for (const client of Object.values(clients)) for (const program of [hello(), httpProgram()]) await runBy(client, program);
  }
}
