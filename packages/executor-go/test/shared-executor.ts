/** One prepared executor for all tests of this package: preparing takes seconds on a machine that never did. */

import { silentLogger, silentMetrics } from "@gorunner/core";
import { testCacheDirectory } from "@gorunner/testing";
import { GoExecutor, type GoExecutorOptions } from "../src/index.js";

/** For a test and its preparation; more on an emulated machine (scripts/cgroup2.sh). */
export const patienceMs = Number(process.env["GORUNNER_TEST_PATIENCE_MS"] ?? 120_000);

/** Kept between test runs. */
export const cacheDir = testCacheDirectory;

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
