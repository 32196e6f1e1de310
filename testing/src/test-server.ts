import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { guardDirectory } from "./guard.js";

/** A real server that a test owns: it may stop it, freeze it, kill it and start it again. */
export interface TestServer {
  /** With everything needed to connect as an administrator. */
  readonly url: string;
  readonly port: number;
  /** What the server keeps; removed when this process ends. */
  readonly directory: string;
  /** Of the main process; changes with each start. */
  readonly pid: number;
  /** Ends the server in good order, if it runs; its data stay for {@link start}. */
  stop(): Promise<void>;
  /** Starts it again on the same port, after `stop` or `kill`. */
  start(): Promise<void>;
  /** Freezes all its processes (SIGSTOP): connections stay open and nobody answers. */
  pause(): void;
  resume(): void;
  /** Ends all its processes at once (SIGKILL). */
  kill(): Promise<void>;
}

export interface ServerKind {
  name: string;
  /** Appears in the server's log when it can be used. */
  readyLine: RegExp;
  /** What asks it to end in good order at once, connections or not. */
  stopSignal: NodeJS.Signals;
  user: { uid: number; gid: number } | undefined;
  /** Makes what the server needs before its first start. */
  prepare(directory: string): void;
  command(place: { directory: string; port: number }): readonly [program: string, ...args: string[]];
  url(port: number): string;
  /** Removes what a SIGKILLed server leaves outside its directory. */
  afterKill?(directory: string): void;
}

const startTimeoutMs = 60_000;

/** Starts a server of that kind on a free loopback port, in a directory of its own that goes when this process goes. */
export async function startServer(kind: ServerKind): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), `gorunner-test-${kind.name}-`));
  guardDirectory(directory);
  if (kind.user !== undefined) chownSync(directory, kind.user.uid, kind.user.gid);
  kind.prepare(directory);
  // Between finding a free port and using it somebody else may take it.
  for (let attempt = 1; ; attempt++) {
    const server = new RunningServer(kind, directory, await freePort());
    try {
      await server.start();
      return server;
    } catch (failure) {
      if (attempt === 3) throw failure;
    }
  }
}

class RunningServer implements TestServer {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly #kind: ServerKind;
  #child: ChildProcess | undefined;

  constructor(kind: ServerKind, directory: string, port: number) {
    this.#kind = kind;
    this.directory = directory;
    this.port = port;
    this.url = kind.url(port);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.#kind.name} is not running`);
    return this.#child.pid;
  }

  async start(): Promise<void> {
    const logPath = join(this.directory, "log");
    const log = openSync(logPath, "w");
    const [program, ...args] = this.#kind.command({ directory: this.directory, port: this.port });
    const child = spawn(program, args, {
      cwd: this.directory,
      env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", log, log],
      detached: true,
      ...this.#kind.user,
    });
    closeSync(log);
    child.unref();
    await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    this.#child = child;
    writeFileSync(join(this.directory, "pid"), `${child.pid}`);

    const deadline = performance.now() + startTimeoutMs;
    while (!this.#kind.readyLine.test(readFileSync(logPath, "utf8"))) {
      const over = hasEnded(child) ? "ended at once" : performance.now() > deadline ? "did not get ready" : undefined;
      if (over !== undefined) {
        if (!hasEnded(child)) await this.kill();
        throw new Error(`the test server ${program} ${over}: ${readFileSync(logPath, "utf8").slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    if (this.#child === undefined) return;
    this.resume();
    process.kill(this.pid, this.#kind.stopSignal);
    await this.#ended();
  }

  pause(): void {
    this.#signalAll("SIGSTOP");
  }

  resume(): void {
    this.#signalAll("SIGCONT");
  }

  async kill(): Promise<void> {
    this.#signalAll("SIGKILL");
    await this.#ended();
    this.#kind.afterKill?.(this.directory);
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const pid of this.#processes()) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        // A child, such as the one that served a connection, may just have ended by itself.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }

  async #ended(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    if (!hasEnded(child)) {
      child.ref();
      await new Promise((resolve) => child.once("exit", resolve));
    }
    this.#child = undefined;
    rmSync(join(this.directory, "pid"), { force: true });
  }

  /** The main process, then its children: PostgreSQL puts each of them in a group of its own. */
  #processes(): number[] {
    const main = this.pid;
    const children = readFileSync(`/proc/${main}/task/${main}/children`, "utf8");
    return [main, ...children.split(" ").filter(Boolean).map(Number)];
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
