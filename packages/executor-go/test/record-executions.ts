/**
 * With RECORD_EXECUTIONS=1 the contract's executions are written down for the tests of the contract itself, which play
 * them back instead of running Go: packages/core/test/contract-kit/recording.json.
 */
import { writeFileSync } from "node:fs";
import type { CodeExecutor, OutputEvent } from "@gorunner/core";
import { RunnerError } from "@gorunner/core";
import { keyOf, type Recording, toRecord } from "../../core/test/contract-kit/recording.js";

const isAsked = process.env["RECORD_EXECUTIONS"] === "1";
const recording: Recording = {};

/** The executor, with what it answers written down where that is asked for. */
export function recorded(executor: CodeExecutor): CodeExecutor {
  if (!isAsked) return executor;
  return {
    async execute(request, options = {}) {
      const key = keyOf(request);
      const events: OutputEvent[] = [];
      try {
        const execution = await executor.execute(request, {
          ...options,
          onEvent: (event) => {
            events.push(event);
            return options.onEvent?.(event);
          },
        });
        recording[key] = toRecord({ kind: "ends", execution });
        return execution;
      } catch (failure) {
        const isRefusal = failure instanceof RunnerError && failure.code === "INVALID_ARGUMENT";
        // What was cancelled or ended by its handler goes on for ever, unless another run of it ended.
        if (isRefusal) recording[key] ??= toRecord({ kind: "refused" });
        else if (!(failure instanceof RunnerError && failure.code === "RESOURCE_EXHAUSTED"))
          recording[key] ??= toRecord({ kind: "endless", events });
        throw failure;
      }
    },
  };
}

export function writeRecording(): void {
  if (!isAsked) return;
  // A line for each, so that a change of one is seen as one.
  const lines = Object.entries(recording).map(([key, record]) => ` ${JSON.stringify(key)}: ${JSON.stringify(record)}`);
  writeFileSync(new URL("../../core/test/contract-kit/recording.json", import.meta.url), `{\n${lines.sort().join(",\n")}\n}\n`);
}
