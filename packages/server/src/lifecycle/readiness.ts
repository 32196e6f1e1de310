/** Whether the main job would succeed now: the store answers, and the executor has proven itself. */
import { asRunnerError } from "@gorunner/core";
import { type ExecutorStatus, noWalls } from "@gorunner/executor-go";

export type ReadyState = { ready: true; executor: ExecutorInForce } | { ready: false; reason: string };

/** What programs are executed with, as `/readyz` shows it: toolchain, tier, resources; and a warning that nobody should overlook. */
export type ExecutorInForce = Record<string, string>;

export interface ReadinessParts {
  store: { check(): Promise<void> };
  executor: { status(): ExecutorStatus };
  /** How long the store may take to answer. */
  timeoutMs?: number;
  /** How long an answer holds, so that probes are no load. */
  maxAgeMs?: number;
}

export class Readiness {
  readonly #parts: ReadinessParts;
  readonly #timeoutMs: number;
  readonly #maxAgeMs: number;
  #draining = false;
  #latest: { at: number; state: Promise<ReadyState> } | undefined;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
    this.#timeoutMs = parts.timeoutMs ?? 2000;
    this.#maxAgeMs = parts.maxAgeMs ?? 1000;
  }

  /** Never rejects. */
  check(): Promise<ReadyState> {
    if (this.#draining) return Promise.resolve({ ready: false, reason: "draining" });
    const executor = executorState(this.#parts.executor.status());
    if (!executor.ready) return Promise.resolve(executor);
    const now = performance.now();
    if (this.#latest === undefined || now - this.#latest.at >= this.#maxAgeMs) this.#latest = { at: now, state: this.#askStore(executor) };
    return this.#latest.state;
  }

  /** Not ready from now on, for good. */
  drain(): void {
    this.#draining = true;
  }

  async #askStore(works: ReadyState): Promise<ReadyState> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ReadyState>((resolve) => {
      timer = setTimeout(resolve, this.#timeoutMs, { ready: false, reason: `the store did not answer within ${this.#timeoutMs} ms` });
    });
    const asked = this.#parts.store.check().then(
      (): ReadyState => works,
      (error: unknown): ReadyState => ({ ready: false, reason: asRunnerError(error).message }),
    );
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function executorState({ state, reason, toolchain, tier, resources, seccomp }: ExecutorStatus): ReadyState {
  if (state !== "ready") return { ready: false, reason: `executor ${state}${reason === undefined ? "" : `: ${reason}`}` };
  const inForce = { toolchain, tier, resources, seccomp, warning: tier === "none" ? noWalls : undefined };
  const known = Object.entries(inForce).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return { ready: true, executor: Object.fromEntries(known) };
}
