/**
 * Random requests to an executor. Whatever is sent, there is an outcome or a refusal within its time, nothing is left
 * behind, and the next program runs.
 */
import assert from "node:assert/strict";
import { type ExecutionRequest, RunnerError, silentLogger, silentMetrics, splitProgramText } from "@gorunner/core";
import { GoExecutor } from "@gorunner/executor-go";
import fc from "fast-check";
import { runHello } from "../attacks/attempt.js";
import { traces } from "../attacks/traces.js";
import { eventually } from "../support/host.js";
import { programTexts, requests } from "./requests.js";

export interface FuzzOptions {
  runs: number;
  seed: number;
  cacheDir: string;
  /** Called after each run with what it came to. */
  onRun?: (ended: string) => void;
}

/** What is beside the limits of build and run: waiting for others, sandboxes that start, a slow machine. */
const slackMs = 30_000;

/** @throws Error with the smallest request that breaks a rule, and the seed and path to see it again. */
export async function fuzz({ runs, seed, cacheDir, onRun = () => {} }: FuzzOptions): Promise<void> {
  const common = { concurrency: 2, queue: 64, queueTimeoutMs: 60_000, sourceBytes: 64 * 1024, cacheDir };
  const executor = new GoExecutor({ ...common, warmSandboxes: 0, limits: { cpuMs: 5_000 }, logger: silentLogger, metrics: silentMetrics });
  try {
    await executor.prepare();
    for (let round = 0; round < 2; round++) await Promise.all([runHello(executor), runHello(executor)]);
    const before = await traces(cacheDir);
    const sent = fc.oneof({ weight: 5, arbitrary: requests }, { weight: 1, arbitrary: programTexts });
    const rule = fc.asyncProperty(sent, async (each) => {
      onRun(await endOf(executor, each));
      await eventually(async () => {
        const { processes, cgroups, files } = await traces(cacheDir);
        // What was there before may have been on its way out.
        const added = files.filter((file) => !before.files.includes(file));
        assert.deepEqual({ processes, cgroups, added }, { processes: [], cgroups: [], added: [] });
      });
      await runHello(executor);
    });
    await fc.assert(rule, { numRuns: runs, seed, endOnFailure: false, interruptAfterTimeLimit: 60 * 60 * 1000 });
  } finally {
    await executor.close();
  }
}

/** @throws Error for anything but an outcome in time, or INVALID_ARGUMENT. */
async function endOf(executor: GoExecutor, sent: ExecutionRequest | string): Promise<string> {
  const start = performance.now();
  try {
    const request = typeof sent === "string" ? textRequest(sent) : sent;
    const { outcome, limits } = await executor.execute(request);
    const tookMs = performance.now() - start;
    assert.ok(tookMs < limits.buildTimeoutMs + limits.runTimeoutMs + slackMs, `${outcome} after ${tookMs} ms`);
    return outcome;
  } catch (error) {
    if (error instanceof RunnerError && error.code === "INVALID_ARGUMENT") return "refused";
    throw error;
  }
}

const textRequest = (text: string): ExecutionRequest => ({
  files: splitProgramText(text),
  mode: "run",
  clock: "real",
  limits: { buildTimeoutMs: 5_000, runTimeoutMs: 300, memoryBytes: 64 * 1024 * 1024 },
});
