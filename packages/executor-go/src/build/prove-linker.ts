/** Whether programs come out of another linker as they come out of the stock one. */
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { decodeUtf8, type Limits, type SourceFile, withoutTurns } from "@gorunner/core";
import { type RunResult, runProgram } from "../run/run-program.js";
import { type RunHost, RunSandbox } from "../run/run-sandbox.js";
import { isExact } from "../sandbox/tier.js";
import { languageNumber } from "../toolchain/find-toolchain.js";
import type { LinkerProof } from "../toolchain/preloaded-linker.js";
import { buildProgram, type Source } from "./build-program.js";
import { type BuildHost, BuildSandbox } from "./build-sandbox.js";

export interface ProofParts extends BuildHost, RunHost {
  limits: Limits;
}

export function linkerProof(parts: ProofParts): LinkerProof {
  return async (linker, probes, signal) => {
    for (const probe of probes) {
      const expected = await runLinked(parts, probe, { signal });
      for (const ahead of [true, false]) assert.deepEqual(await runLinked(parts, probe, { linker, ahead, signal }), expected);
    }
  };
}

/** What the program writes and how it ends. */
async function runLinked(
  parts: ProofParts,
  probe: SourceFile,
  { linker, ahead = false, signal }: { linker?: string; ahead?: boolean; signal: AbortSignal },
): Promise<Pick<RunResult, "outcome" | "exitCode"> & { stdout: string; stderr: string }> {
  const { limits, toolchain, tier } = parts;
  const source: Source = { files: [probe], mode: "run", clock: "real" };
  const build = await BuildSandbox.start({ ...parts, linker: { path: linker } }, { ahead });
  try {
    const language = languageNumber(toolchain.name);
    const result = await buildProgram(build, {
      source,
      limits,
      path: "direct",
      processors: 1,
      language,
      modules: "off",
      turns: withoutTurns,
      signal,
    });
    if (result.outcome !== "ok") throw new Error(`a probe was not built: ${result.outcome}`);
    const { taken, linker: used } = result.report;
    const expected = linker === undefined ? "stock" : ahead ? "preloaded" : "own";
    assert.deepEqual([taken, used], ["direct", expected]);
    await build.finish();
    const run = await RunSandbox.start(parts, limits.diskBytes);
    try {
      await run.sandbox.install({ path: build.binary, offset: 0, bytes: (await stat(build.binary)).size });
      const request = { ...source, files: [] };
      const told = await runProgram(run, { request, limits, directory: ".", exact: isExact(tier), turns: withoutTurns, signal });
      return {
        outcome: told.outcome,
        ...(told.exitCode === undefined ? {} : { exitCode: told.exitCode }),
        stdout: decodeUtf8(told.stdout),
        stderr: decodeUtf8(told.stderr),
      };
    } finally {
      await run.discard();
    }
  } finally {
    await build.discard();
  }
}
