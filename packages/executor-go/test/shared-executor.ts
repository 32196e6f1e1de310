/** One prepared executor for all tests of this package: preparing takes seconds on a machine that never did. */
import { homedir } from "node:os";
import { join } from "node:path";
import { silentLogger, silentMetrics } from "@gorunner/core";
import { GoExecutor, type GoExecutorOptions } from "../src/index.js";

/** Kept between test runs: what is in it depends only on the toolchain. Root's is where nobody else can put anything. */
export const cacheDir =
  process.env["GORUNNER_TEST_CACHE_DIR"] ??
  (process.getuid?.() === 0 ? "/var/cache/gorunner-tests" : join(homedir(), ".cache", "gorunner-tests"));

export function executorOptions(options: Partial<GoExecutorOptions> = {}): GoExecutorOptions {
  return {
    concurrency: 2,
    queue: 64,
    queueTimeoutMs: 30_000,
    sourceBytes: 1024 * 1024,
    cacheDir,
    logger: silentLogger,
    metrics: silentMetrics,
    ...options,
  };
}

let shared: GoExecutor | undefined;

export async function sharedExecutor(): Promise<GoExecutor> {
  shared ??= new GoExecutor(executorOptions());
  await shared.prepare();
  return shared;
}

export async function closeSharedExecutor(): Promise<void> {
  await shared?.close();
  shared = undefined;
}
