/** Why did the program end? From its causes, in the order in which one hides another. */
import { constants } from "node:os";
import type { Execution } from "@gorunner/core";
import type { SandboxResult } from "../sandbox/tier.js";
import { saysOutOfMemory } from "./out-of-memory.js";
import { saysOutOfThreads } from "./out-of-threads.js";

export type Verdict = Pick<Execution, "outcome" | "exitCode" | "signal" | "inferred">;

/** `exact`: whether control groups were in force, so that their silence means that memory and processes were not the cause. */
export function runOutcomeOf(result: SandboxResult, facts: { exact: boolean; stderr: string }): Verdict {
  const { end } = result;
  if (end?.killedFor === "timeout") return { outcome: "run_timeout" };
  if (end?.killedFor === "cpu") return { outcome: "cpu_limit" };
  if (result.memoryKills > 0 || end?.killedFor === "memory") return { outcome: "memory_limit" };
  // Memory that the kernel took for the program, as far as that can be told from the number of its files.
  if (end?.killedFor === "files") return { outcome: "memory_limit", inferred: true };
  if (end === undefined) return { outcome: "process_limit" };
  // As a shell says it of a command that it can't execute.
  if (end.unstartable !== undefined) return { outcome: "exit_error", exitCode: 127 };
  const succeeded = end.exitCode === 0 && end.signal === 0;
  // Before the output: a Go program that gets no thread dumps all that it has, which can be more than the limit.
  if (result.processRefusals > 0 && !succeeded) return { outcome: "process_limit", ...endOf(end) };
  if (!facts.exact && !succeeded && saysOutOfThreads(facts.stderr)) return { outcome: "process_limit", inferred: true, ...endOf(end) };
  const ended = endOf(end);
  // Before the output too: what Go then dumps of many goroutines can be more than the limit.
  if (!facts.exact && !succeeded && saysOutOfMemory(facts.stderr)) return { outcome: "memory_limit", inferred: true, ...ended };
  if (end.killedFor === "output") return { outcome: "output_limit" };
  if (succeeded) return { outcome: "ok", ...ended };
  return { outcome: end.signal === 0 ? "exit_error" : "killed", ...ended };
}

function endOf(end: { exitCode: number; signal: number }): Pick<Execution, "exitCode" | "signal"> {
  return end.signal === 0 ? { exitCode: end.exitCode } : { signal: signalName(end.signal) };
}

/** The names of the first signal of each number: Linux has aliases (SIGIOT is SIGABRT). */
function signalName(number: number): string {
  const aliases = new Set(["SIGIOT", "SIGPOLL", "SIGUNUSED"]);
  const entry = Object.entries(constants.signals).find(([name, value]) => value === number && !aliases.has(name));
  return entry?.[0] ?? `signal ${number}`;
}
