/** One helper process of the spawner's (../../supervisor/spawner.go): orders go in, what becomes of them comes out. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { killSession } from "./kill-session.js";
import type { MemoryFiles } from "./spawner.js";

export interface SpawnedExit {
  /** {@link notTold}: it was not started, or how it ended is unknown. */
  code: number;
  /** Absent unless a signal ended it. */
  signal?: number;
  /** The beginning of its stderr, or why it was not started. */
  said: string;
}

/** In place of an exit code. */
export const notTold = -1;

/** What the helper tells. */
export interface Told {
  key: string;
  pid?: number;
  exit?: SpawnedExit;
  removed?: { failed: string };
  /** Why a program was not installed; empty: it is. */
  installed?: { failed: string };
}

export interface HelperOptions {
  /** The binary that is the helper too. */
  supervisor: string;
  /** The server's socket, an abstract address. */
  address: string;
  /** Absent: it has no files in memory. */
  memory: MemoryFiles | undefined;
  onTold(told: Told): void;
  /** Called once, when it has died, and what it left was killed. */
  onDied(why: string): void;
}

/** How long the death of a helper is not told because what it left can't be ended yet. */
const sessionMs = 2_000;
/** How long a helper may take to end by itself: it gives what is left of its sandboxes two seconds. */
const closeMs = 4_000;

export class SpawnerHelper {
  readonly #options: HelperOptions;
  readonly #child: ChildProcess | undefined;
  readonly #died = Promise.withResolvers<void>();
  #isDead = false;
  #busy = 0;

  constructor(options: HelperOptions) {
    this.#options = options;
    try {
      this.#child = this.#start();
    } catch (error) {
      // Node throws what it does not emit: that there is no memory, say.
      process.nextTick(() => this.#end(String(error)));
    }
  }

  /** Whether it can be given orders. */
  get isAlive(): boolean {
    return !this.#isDead;
  }

  tell(order: object): void {
    if (!this.#isDead) this.#child?.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** While there is something to hear of, it keeps this process alive; without, it does not. */
  hold(): void {
    this.#busy++;
    this.#refer();
  }

  letGo(): void {
    this.#busy--;
    this.#refer();
  }

  /** For one that does not do what it is told. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** Resolves when it has ended, and its sandboxes with it. */
  async close(): Promise<void> {
    this.#child?.ref();
    this.#child?.stdin?.end();
    const overdue = setTimeout(() => this.kill(), closeMs);
    await this.#died.promise;
    clearTimeout(overdue);
  }

  #start(): ChildProcess {
    const { supervisor, address, memory, onTold } = this.#options;
    const walled = memory === undefined ? [] : ["enter", memory.directory, memory.etc, ...memory.devices];
    // A session of its own: what interrupts this process at a terminal is for us to pass on.
    const child: ChildProcess = spawn(supervisor, ["spawner", `@${address}`, ...walled], {
      ...{ env: {}, cwd: "/", detached: true },
      stdio: ["pipe", "pipe", "ignore"],
    });
    child.once("error", (error) => this.#end(error.message));
    child.once("close", () => this.#end("what starts sandboxes has died"));
    // Where there are no descriptors for them, there are no streams either, but an error.
    child.stdin?.on("error", () => {});
    if (child.stdout) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const told = parse(line);
        if (told !== undefined) onTold(told);
      });
    }
    return child;
  }

  async #end(why: string): Promise<void> {
    if (this.#isDead) return;
    this.#isDead = true;
    const pid = this.#child?.pid;
    // What it was starting waits for its parent, which has died too, and would do so for ever.
    if (pid !== undefined) await Promise.race([killSession(pid), delay(sessionMs, undefined, { ref: false })]);
    this.#options.onDied(why);
    this.#died.resolve();
  }

  #refer(): void {
    if (this.#child === undefined) return;
    // Its streams are pipes, and so sockets.
    const streams = [this.#child.stdin, this.#child.stdout] as (Socket | null | undefined)[];
    for (const handle of [this.#child, ...streams]) {
      if (this.#busy > 0) handle?.ref();
      else handle?.unref();
    }
  }
}

/** Undefined for what a helper has not told to its end, because it died. */
function parse(line: string): Told | undefined {
  try {
    return JSON.parse(line) as Told;
  } catch {
    return undefined;
  }
}
