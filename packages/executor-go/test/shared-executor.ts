/** One prepared executor for all tests of this package: preparing takes seconds on a machine that never did. */

import { silentLogger, silentMetrics } from "@gorunner/core";
import { testCacheDirectory } from "@gorunner/testing";
import { GoExecutor, type GoExecutorOptions } from "../src/index.js";

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
