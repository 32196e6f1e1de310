/**
 * Builds and runs Go programs on this machine: queue, build in a sandbox, run in another, say how it ended.
 */
import { setMaxListeners } from "node:events";
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import {
  type CancelSignal,
  type CodeExecutor,
  type CodeFormatter,
  defaultLimits,
  type ExecuteOptions,
  type Execution,
  type ExecutionRequest,
  type FormatRequest,
  type Formatted,
  type Limits,
  type Logger,
  type Metrics,
  RunnerError,
  type Turns,
  unavailable,
} from "@gorunner/core";
import type { BuildPath } from "./build/build-program.js";
import type { Engine } from "./engine.js";
import type { ModuleOptions } from "./modules/prepare-modules.js";
import type { ResourceChoice, SandboxChoice } from "./open-tier.js";
import { Admission, type StepOut } from "./pool/admission.js";
import { Cancellation } from "./pool/cancellation.js";
import { hostConcurrency, hostGuests } from "./pool/capacity.js";
import { type PreparedHost, prepareHost } from "./prepare-host.js";
import { eventHandler } from "./run/event-handler.js";
import type { Lack } from "./sandbox/host-lacks.js";
import { Identities } from "./sandbox/identity.js";
import { checkFiles } from "./source/check-files.js";
import { checkRequest, checkToolchain, usualVariables } from "./source/check-request.js";
import type { PreloadedLinker } from "./toolchain/preloaded-linker.js";

export interface GoExecutorOptions {
  /**
   * Executions at once; default: as many as the machine can take, see {@link hostConcurrency}, and then one more for a
   * caller of whom nothing runs, where memory allows.
   */
  concurrency?: number;
  /**
   * The environment variables that a request may set, `*` at an end standing for any; default: the program's own (`APP_*`),
   * Go's for its runtime, and those for language, time zone and terminal.
   */
  variables?: readonly string[];
  /** Executions that may wait for their turn. */
  queue: number;
  queueTimeoutMs: number;
  /** Source of one program, in bytes. */
  sourceBytes: number;
  /** Limits of each execution: its defaults, and the most that a request may ask for. */
  limits?: Partial<Limits>;
  /** For what is made once and kept: the compiled standard library, the supervisor. Created if missing. */
  cacheDir: string;
  /** What keeps strangers' code in; default `auto`, which is bubblewrap. `none` is for code that is trusted. */
  sandbox?: SandboxChoice;
  /** What limits memory and processes; default `auto`, the best that this host has. */
  resources?: ResourceChoice;
  /** How many sandboxes of each kind are kept ready, some 8 MiB each; default as many as run at once, 0: none. */
  warmSandboxes?: number;
  /** How modules from elsewhere are had; absent: not at all. */
  modules?: ModuleOptions;
  /**
   * Whether a linker is made from the toolchain, in the background of the first start, that loads the standard library
   * ahead of programs; default true. It takes a third off the linking of a small program, and some 15 MiB for each sandbox
   * that is kept ready.
   */
  preloadLinker?: boolean;
  /** How long `onEvent` may hold up one execution, all its events together; default 30 s. */
  handlerTimeoutMs?: number;
  /** How programs are built; default `auto`. The others are for comparing them. */
  buildPath?: BuildPath;
  /** Between slices of work on long texts; default: turns of the event loop that it does not share with other parts. */
  turns?: Turns;
  logger: Logger;
  metrics: Metrics;
}

/** How long sandboxes that were started ahead may wait for a program before they give their memory back. */
const warmIdleMs = 5 * 60 * 1000;

const defaultHandlerTimeoutMs = 30_000;

/** What an execution may take beside its build and its run: sandboxes that have to be started and ended, on a busy machine. */
const clearingMs = 5_000;

export interface ExecutorStatus {
  state: "preparing" | "ready" | "failed" | "draining";
  /** Why it failed, or what it waits for. */
  reason?: string;
  /** How many executions run at once. */
  concurrency?: number;
  toolchain?: string;
  goroot?: string;
  /** What kind of sandbox is in force. */
  tier?: string;
  /** What enforces memory and process limits. */
  resources?: string;
  /** What runs under a filter of system calls: `all` that is in a sandbox, or users' `programs` alone. */
  seccomp?: string;
  /** What this host lacks for exact limits, and what mends it. */
  lacks?: Lack[];
  /** What links small programs: the toolchain's own linker, or one that has loaded the standard library ahead. */
  linker?: "stock" | "preloaded";
}

export class GoExecutor implements CodeExecutor, CodeFormatter {
  readonly #options: GoExecutorOptions;
  readonly #limits: Limits;
  readonly #concurrency: number;
  readonly #handlerTimeoutMs: number;
  /** Asked once: the answer takes files of the kernel to be read. */
  readonly #processors = availableParallelism();
  readonly #admission: Admission;
  readonly #identities = new Identities();
  readonly #closing = new AbortController();
  /** What is being cleared of executions that have been answered. */
  readonly #clearing = new Set<Promise<void>>();
  #prepared: Promise<PreparedHost> | undefined;
  #linker: PreloadedLinker | undefined;
  #status: ExecutorStatus = { state: "preparing", reason: "looking for the toolchain" };

  constructor(options: GoExecutorOptions) {
    this.#options = options;
    // Every execution listens to it; that many are no leak.
    setMaxListeners(0, this.#closing.signal);
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#handlerTimeoutMs = options.handlerTimeoutMs ?? defaultHandlerTimeoutMs;
    this.#concurrency = options.concurrency ?? hostConcurrency(options.limits);
    this.#admission = new Admission({
      ...options,
      concurrency: this.#concurrency,
      longestMs: this.#limits.buildTimeoutMs + this.#limits.runTimeoutMs + clearingMs,
      // Who says how many means that many.
      guests: options.concurrency === undefined ? hostGuests(options.limits) : 0,
      onChange: (load) => options.metrics.executorLoadChanged(load),
    });
  }

  status(): ExecutorStatus {
    const preloaded = this.#linker?.path !== undefined;
    return this.#linker === undefined ? this.#status : { ...this.#status, linker: preloaded ? "preloaded" : "stock" };
  }

  /**
   * Finds the toolchain, builds what is missing, and proves the sandbox by a real run. Called once; `execute` waits for it.
   * @throws RunnerError UNAVAILABLE with what to do about it.
   */
  prepare(): Promise<void> {
    this.#prepared ??= this.#prepare();
    return this.#prepared.then(() => {});
  }

  async execute(request: ExecutionRequest, options: ExecuteOptions = {}): Promise<Execution> {
    const limits = checkRequest(request, {
      sourceBytes: this.#options.sourceBytes,
      limits: this.#limits,
      variables: this.#options.variables ?? usualVariables,
    });
    using cancellation = new Cancellation([options.signal, this.#closing.signal]);
    const { signal } = cancellation;
    const start = performance.now();
    const turn = { signal, ...(request.caller === undefined ? {} : { caller: request.caller }) };
    const ready = async () => {
      const { library, toolchain, engine } = await cancellation.race(this.#whenPrepared());
      checkToolchain(request, toolchain.name);
      await cancellation.race(library.ensureFor(request.files, request.clock));
      if (request.vet) await cancellation.race(library.ensureVetFor(request.files, request.clock));
      return engine;
    };
    const work = async (engine: Engine, stepOut: StepOut) => {
      const queueMs = performance.now() - start;
      const onEvent = options.onEvent && eventHandler({ onEvent: options.onEvent, timeoutMs: this.#handlerTimeoutMs, cancellation });
      const { execution, cleared } = await engine.execute({
        request,
        limits,
        queueMs,
        processors: this.#share(),
        signal,
        stepOut,
        onEvent,
      });
      this.#clear(cleared, engine);
      return execution;
    };
    try {
      // Awaited here: the cancellation listens until it is disposed of.
      return await this.#admission.runWhen(ready, work, turn);
    } catch (error) {
      throw toldByHost(error);
    }
  }

  async format(request: FormatRequest, options: { signal?: CancelSignal } = {}): Promise<Formatted> {
    const { sourceBytes } = this.#options;
    checkFiles(request.files, sourceBytes);
    using cancellation = new Cancellation([options.signal, this.#closing.signal]);
    const { signal } = cancellation;
    const ready = async () => (await cancellation.race(this.#whenPrepared())).engine;
    const work = async (engine: Engine) => {
      const formatted = await engine.format({ request, limits: this.#limits, sourceBytes, signal });
      engine.refill();
      return formatted;
    };
    const turn = { signal, ...(request.caller === undefined ? {} : { caller: request.caller }) };
    return await this.#admission.runWhen(ready, work, turn).catch((error: unknown) => {
      throw toldByHost(error);
    });
  }

  /**
   * Resolves when the background work of a first start has ended: all of the standard library is compiled, and the
   * preloaded linker is made. Until then a program may wait for a part of the library, and is built more slowly.
   */
  async whenComplete(): Promise<void> {
    const { library, linker } = await this.#whenPrepared();
    await library.completed();
    await linker.made();
  }

  /** Refuses what is new from now on, as UNAVAILABLE; resolves when all that was accepted has ended and is cleared. */
  async drain(): Promise<void> {
    this.#status = { ...this.#status, state: "draining", reason: "shutting down" };
    await this.#admission.drain();
    await Promise.all(this.#clearing);
  }

  /** Cancels what still runs, as UNAVAILABLE, and removes what only this process used. Safe to call twice. */
  async close(): Promise<void> {
    const drained = this.drain();
    this.#closing.abort(unavailable("the server is shutting down"));
    const prepared = await this.#prepared?.catch(() => undefined);
    // What is drained may wait for the spawner's helper, which has to be killed if it does not answer.
    prepared?.stopStarting();
    await drained;
    await prepared?.close();
    await this.#identities.close();
  }

  /**
   * What is left of an execution when its program is dead goes while the next one has its turn: nobody has to wait for that.
   * Sandboxes are started ahead only then, as it competes for the processors.
   */
  #clear(cleared: Promise<void>, engine: Engine): void {
    const clearing = cleared.then(() => {
      this.#clearing.delete(clearing);
      engine.refill();
    });
    this.#clearing.add(clearing);
  }

  /** An execution's share of the processors: for their builds to use more than that together costs more than it gives. */
  #share(): number {
    return Math.max(1, Math.floor(this.#processors / this.#admission.running));
  }

  async #whenPrepared(): Promise<PreparedHost> {
    await this.prepare();
    if (this.#prepared === undefined) throw unavailable("the executor is not prepared");
    return this.#prepared;
  }

  async #prepare(): Promise<PreparedHost> {
    const { cacheDir, logger, preloadLinker = true, warmSandboxes: warm = this.#concurrency } = this.#options;
    try {
      const prepared = await prepareHost({
        cacheDir,
        logger,
        identities: this.#identities,
        sandbox: this.#options.sandbox ?? "auto",
        resources: this.#options.resources ?? "auto",
        modules: this.#options.modules,
        // Only in a sandbox that is kept ready is there anything ahead.
        preloadLinker: preloadLinker && warm > 0,
        engine: {
          limits: this.#limits,
          path: this.#options.buildPath ?? "auto",
          warm,
          isSpare: () => this.#admission.waiting === 0,
          idleMs: warmIdleMs,
          metrics: this.#options.metrics,
          turns: this.#options.turns ?? { next: () => setImmediate() },
        },
        signal: this.#closing.signal,
        onStep: (reason) => this.#became({ state: "preparing", reason }),
      });
      const { toolchain, tier } = prepared;
      this.#linker = prepared.linker;
      this.#became({
        state: "ready",
        concurrency: this.#concurrency,
        toolchain: toolchain.name,
        goroot: toolchain.goroot,
        tier: tier.name,
        resources: tier.resources,
        seccomp: tier.seccomp,
        lacks: prepared.lacks,
      });
      return prepared;
    } catch (error) {
      const told = error instanceof RunnerError ? error : unavailable("the executor could not be prepared; the log says why", error);
      this.#became({ state: "failed", reason: told.message });
      // The next execution tries again: what was missing may have been mended.
      this.#prepared = undefined;
      throw told;
    }
  }

  #became(status: ExecutorStatus): void {
    if (this.#status.state !== "draining") this.#status = status;
  }
}

/** What a host answers that has no more of something: disk, quota, inodes, descriptors, memory, processes. */
const exhausted = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]);

/** What lasts no longer than the host's shortage is no bug of ours, and may be tried again. */
function toldByHost(error: unknown): unknown {
  if (error instanceof RunnerError || !(error instanceof Error && "code" in error && exhausted.has(String(error.code)))) return error;
  return unavailable(`the server can't execute this now: its host has run out of something (${error.code})`, error);
}
