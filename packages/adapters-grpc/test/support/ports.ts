/** Small ports to put under the real use cases: what is tested here is the transport. */
import {
  type CancelSignal,
  type CodeExecutor,
  cancellationOf,
  defaultLimits,
  type Execution,
  type ExecutionRequest,
  encodeUtf8,
  type Logger,
  type Metrics,
} from "@gorunner/core";

export function anExecution(fields: Partial<Execution> = {}): Execution {
  return {
    outcome: "ok",
    exitCode: 0,
    stdout: encodeUtf8("Hello RunCode!\n"),
    stderr: new Uint8Array(),
    events: [],
    droppedBytes: 0,
    diagnostics: [],
    timings: { queueMs: 0, fetchMs: 0, buildMs: 0, runMs: 0 },
    usage: { cpuMs: 0, peakMemoryBytes: 0 },
    toolchain: "go1.26.8",
    limits: defaultLimits,
    ...fields,
  };
}

/** Answers every request at once with `execution`, or fails as `execution` fails. */
export const executorOf = (execution: (request: ExecutionRequest) => Execution | Promise<Execution>): CodeExecutor => ({
  execute: async (request) => execution(request),
});

/** Runs until it is aborted or let go; tells of both. */
export class HangingExecutor implements CodeExecutor {
  readonly #started = Promise.withResolvers<void>();
  readonly #aborted = Promise.withResolvers<unknown>();
  readonly #released = Promise.withResolvers<Execution>();
  /** When the first execution has begun. */
  readonly started = this.#started.promise;
  /** The reason with which one was aborted. */
  readonly aborted = this.#aborted.promise;

  release(): void {
    this.#released.resolve(anExecution());
  }

  execute(_request: unknown, options: { signal?: CancelSignal } = {}): Promise<Execution> {
    const { signal } = options;
    this.#started.resolve();
    return new Promise((resolve, reject) => {
      this.#released.promise.then(resolve);
      signal?.addEventListener("abort", () => {
        this.#aborted.resolve(signal.reason);
        reject(cancellationOf(signal));
      });
    });
  }
}

export const noCache = { get: async () => undefined, fill: async () => {}, fillAbsent: async () => {}, bury: async () => {} };

/** Keeps what it is told. */
export class RecordingMetrics implements Metrics {
  readonly requests: Parameters<Metrics["requestHandled"]>[0][] = [];
  readonly sso: string[] = [];

  requestHandled(request: Parameters<Metrics["requestHandled"]>[0]): void {
    this.requests.push(request);
  }
  ssoAnswered(result: string): void {
    this.sso.push(result);
  }
  executionEnded(): void {}
  buildCacheLookedUp(): void {}
  snippetCacheLookedUp(): void {}
  storeMeasured(): void {}
  executorLoadChanged(): void {}
}

/** Keeps every line with its level. */
export class RecordingLogger implements Logger {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];

  debug = this.#keeper("debug");
  info = this.#keeper("info");
  warn = this.#keeper("warn");
  error = this.#keeper("error");

  #keeper(level: string) {
    return (message: string, fields: Record<string, unknown> = {}) => {
      this.lines.push({ level, message, fields });
    };
  }
}
