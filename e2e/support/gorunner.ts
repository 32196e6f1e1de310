/** The real server, as an operator starts it: its own process, a configuration file, signals. */

import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { testCacheDirectory } from "@gorunner/testing";
import { stringify } from "yaml";

export const repository = fileURLToPath(new URL("../../", import.meta.url));
export const cli = join(repository, "packages/server/dist/cli.js");

/** Kept between test runs. */
export const cacheDir = testCacheDirectory;

export type LogLine = Record<string, unknown> & { msg: string };

export interface GorunnerOptions {
  /** Laid over a configuration with free ports, a store in memory and JSON logs. */
  config?: Record<string, unknown>;
  env?: Record<string, string>;
  user?: { uid: number; gid: number };
  /** A command that becomes the one behind it, and its arguments: what changes the server's surroundings. */
  under?: readonly string[];
  /** Whether to wait until the executor has proven itself; default true. */
  untilReady?: boolean;
}

const startTimeoutMs = 90_000;

export class Gorunner {
  readonly logs: LogLine[] = [];
  /** Everything that it wrote, line by line. */
  readonly output: string[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | NodeJS.Signals>;
  readonly #directory: string;
  readonly #listeners = new Set<() => void>();

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
    this.#exited = new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal ?? -1)));
    void this.#exited.then(() => this.#changed());
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.#take(line));
    }
  }

  static async start(options: GorunnerOptions = {}): Promise<Gorunner> {
    const directory = await mkdtemp(join(tmpdir(), "gorunner-e2e-"));
    await chmod(directory, 0o755);
    const file = join(directory, "config.yaml");
    await writeFile(file, stringify({ ...baseConfig(), ...options.config }));
    const [command = process.execPath, ...args] = [...(options.under ?? []), process.execPath, cli, "serve", "--config", file];
    const child = spawn(command, args, {
      cwd: directory,
      env: { PATH: process.env["PATH"], HOME: directory, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      ...options.user,
    });
    const gorunner = new Gorunner(child, directory);
    await gorunner.logged("listening");
    if (options.untilReady ?? true) await gorunner.logged("ready");
    return gorunner;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** `host:port` of the gRPC server. */
  get grpc(): string {
    return String(this.#listening["grpc"]);
  }

  /** The REST server's URL. */
  get rest(): string {
    return String(this.#listening["rest"]);
  }

  get metrics(): string {
    return String(this.#listening["metrics"]);
  }

  get #listening(): LogLine {
    const line = this.logs.find(({ msg }) => msg === "listening");
    if (line === undefined) throw new Error("the server does not listen yet");
    return line;
  }

  /** Resolves with the first line, past or to come, whose message matches. */
  async logged(message: string | RegExp): Promise<LogLine> {
    const matches = ({ msg }: LogLine) => (typeof message === "string" ? msg === message : message.test(msg));
    const deadline = performance.now() + startTimeoutMs;
    for (;;) {
      const found = this.logs.find(matches);
      if (found !== undefined) return found;
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null || performance.now() > deadline) {
        throw new Error(`the server never logged ${message}; exit ${exitCode ?? signalCode}:\n${this.output.join("\n")}`);
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#listeners.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, 1000);
        this.#listeners.add(wake);
      });
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns the exit code, or the signal that ended it. */
  exited(): Promise<number | NodeJS.Signals> {
    return this.#exited;
  }

  /** Stops it in good order and removes its files. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.kill("SIGTERM");
    const end = await this.#exited;
    await rm(this.#directory, { recursive: true, force: true });
    return end;
  }

  #take(line: string): void {
    this.output.push(line);
    if (line.startsWith("{")) this.logs.push(JSON.parse(line) as LogLine);
    this.#changed();
  }

  #changed(): void {
    for (const wake of [...this.#listeners]) wake();
  }
}

function baseConfig(): Record<string, unknown> {
  return {
    env: "prod",
    db_uri: "memory:",
    prometheus_addr: "127.0.0.1:0",
    grpc: { host: "127.0.0.1", port: 0 },
    http: { host: "127.0.0.1", port: 0 },
    auth: { admins: [1] },
    executor: { cache_dir: cacheDir },
  };
}
