/**
 * An executor in memory that keeps every rule of its port, for the programs of the contract: it plays back what a real
 * one answered (recording.json). Cancellation, handlers and the queue are its own.
 */
import { readFileSync } from "node:fs";
import {
  type CancelSignal,
  type CodeExecutor,
  cancellationOf,
  type ExecuteOptions,
  type Execution,
  type ExecutionRequest,
  invalidArgument,
  RunnerError,
  throwIfCancelled,
} from "@gorunner/core";
import { pause } from "./proof.js";
import { fromRecord, keyOf, type Recorded, type Recording } from "./recording.js";

const recording: Recording = JSON.parse(readFileSync(new URL("recording.json", import.meta.url), "utf8"));

/** What became of a request when the contract was last recorded. */
function recordedFor(request: ExecutionRequest): Recorded {
  const record = recording[keyOf(request)];
  if (record === undefined) {
    throw new Error("the contract has changed: RECORD_EXECUTIONS=1 npm test -- packages/executor-go/test/go-executor.contract.spec.ts");
  }
  return fromRecord(record);
}

export class ScriptedExecutor implements CodeExecutor {
  #room: number;
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];

  /** By default it runs all at once. */
  constructor({ concurrency = Number.POSITIVE_INFINITY, queue = 0 } = {}) {
    this.#room = concurrency;
    this.#places = queue;
  }

  async execute(request: ExecutionRequest, options: ExecuteOptions = {}): Promise<Execution> {
    throwIfCancelled(options.signal);
    const recorded = recordedFor(request);
    if (recorded.kind === "refused") throw invalidArgument("not as asked");
    const queueMs = await this.#turn(options.signal);
    try {
      const execution = await play(recorded, options);
      return { ...execution, timings: { ...execution.timings, queueMs } };
    } finally {
      this.#room++;
      this.#waiting.shift()?.();
    }
  }

  /** Waits for room, and takes it. @returns for how long, in milliseconds. */
  async #turn(signal: CancelSignal | undefined): Promise<number> {
    const start = performance.now();
    if (this.#room <= 0) {
      if (this.#waiting.length >= this.#places) throw new RunnerError("RESOURCE_EXHAUSTED", "the queue is full", { retryAfterMs: 1000 });
      let called: () => void = () => {};
      const turn = new Promise<void>((resolve) => {
        called = resolve;
      });
      this.#waiting.push(called);
      try {
        await orCancelled(turn, signal);
      } catch (failure) {
        this.#waiting.splice(this.#waiting.indexOf(called), 1);
        throw failure;
      }
    }
    this.#room--;
    return performance.now() - start;
  }
}

async function play(recorded: Exclude<Recorded, { kind: "refused" }>, { signal, onEvent }: ExecuteOptions): Promise<Execution> {
  const events = recorded.kind === "ends" ? recorded.execution.events : recorded.events;
  await orCancelled(pause(1), signal);
  for (const event of events) await orCancelled(Promise.resolve(onEvent?.(event)), signal);
  if (recorded.kind === "endless") return orCancelled(new Promise<never>(() => {}), signal);
  return recorded.execution;
}

/** `work`, or what `signal` cancels it with. */
async function orCancelled<Result>(work: Promise<Result>, signal: CancelSignal | undefined): Promise<Result> {
  throwIfCancelled(signal);
  if (signal === undefined) return work;
  let abort: () => void = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(cancellationOf(signal));
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
