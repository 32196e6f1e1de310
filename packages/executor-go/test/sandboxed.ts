/** Runs programs in a run sandbox under filters of one's choice, the others' walls and limits being as always. */
import { strict as assert } from "node:assert";
import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExecutionRequest, type Limits, silentLogger, silentMetrics, withoutTurns } from "@gorunner/core";
import { type PreparedHost, prepareHost } from "../src/prepare-host.js";
import { type RunResult, runProgram } from "../src/run/run-program.js";
import { RunSandbox } from "../src/run/run-sandbox.js";
import { BubblewrapTier } from "../src/sandbox/bubblewrap-tier.js";
import { Identities } from "../src/sandbox/identity.js";
import { encode, verdict, verdicts } from "../src/sandbox/seccomp/bpf.js";
import { type SandboxFilters, writeFilters } from "../src/sandbox/seccomp/filters.js";
import { runGo } from "../src/toolchain/go-command.js";
import { cacheDir } from "./shared-executor.js";

export interface Under {
  filters: SandboxFilters;
  /** Whether control groups limit memory, where the machine has them. */
  cgroups: boolean;
}

const limits: Limits = {
  ...{ buildTimeoutMs: 30_000, runTimeoutMs: 20_000, memoryBytes: 64 << 20, processes: 64 },
  ...{ diskBytes: 16 << 20, outputBytes: 1 << 20 },
};

export class Sandboxed {
  readonly #host: PreparedHost;
  readonly #identities: Identities;
  readonly #directory: string;
  #bubblewrap: string | undefined;
  /** As everybody's. */
  readonly exact: Under;
  /** As where there are no control groups. */
  readonly byRlimits: Under;
  /** Everything is allowed. */
  readonly open: Under;
  /** Everything is allowed, and there are no control groups. */
  readonly openByRlimits: Under;

  private constructor(parts: {
    host: PreparedHost;
    identities: Identities;
    directory: string;
    byRlimits: SandboxFilters;
    exact: SandboxFilters;
  }) {
    this.#host = parts.host;
    this.#identities = parts.identities;
    this.#directory = parts.directory;
    this.exact = { filters: parts.exact, cgroups: true };
    this.byRlimits = { filters: parts.byRlimits, cgroups: false };
    const sandbox = join(parts.directory, "open.bpf");
    const filters = { build: { sandbox }, fetch: { sandbox }, run: { sandbox } };
    this.open = { filters, cgroups: true };
    this.openByRlimits = { filters, cgroups: false };
  }

  static async prepare(): Promise<Sandboxed> {
    const identities = new Identities();
    const host = await prepareHost({
      ...{ cacheDir, identities, sandbox: "auto", resources: "auto", logger: silentLogger, modules: undefined, preloadLinker: false },
      engine: { limits, path: "auto", warm: 0, isSpare: () => true, idleMs: 1_000, metrics: silentMetrics, turns: withoutTurns },
      signal: new AbortController().signal,
      onStep: () => {},
    });
    const directory = await mkdtemp(join(tmpdir(), "sandboxed-"));
    // Sandboxes start as other users, who must reach what is in it.
    await chmod(directory, 0o755);
    const [one, other] = [await mkdtemp(join(directory, "exact-")), await mkdtemp(join(directory, "rlimits-"))];
    const exact = await writeFilters({ directory: one, exactMemory: true });
    const byRlimits = await writeFilters({ directory: other, exactMemory: false });
    await writeFile(join(directory, "open.bpf"), encode([verdict(verdicts.allow)]));
    return new Sandboxed({ host, identities, directory, exact, byRlimits });
  }

  /** Compiles a program of ./probes, outside of any sandbox. @returns its binary. */
  async build(probe: string): Promise<string> {
    const binary = join(this.#directory, probe);
    const source = fileURLToPath(new URL(`probes/${probe}.go`, import.meta.url));
    await runGo({
      toolchain: this.#host.toolchain,
      args: ["build", "-trimpath", "-buildvcs=false", "-o", binary, source],
      buildCache: join(cacheDir, this.#host.toolchain.name, "std"),
      cwd: this.#directory,
    });
    return binary;
  }

  async run(
    binary: string,
    under: Under,
    given: Pick<ExecutionRequest, "args" | "stdin" | "limits"> = {},
  ): Promise<RunResult & { text: string }> {
    const { tier } = this.#host;
    assert.ok(tier instanceof BubblewrapTier);
    const { cgroups, ...parts } = tier.parts;
    const changed = new BubblewrapTier({ ...parts, filters: under.filters, cgroups: under.cgroups ? cgroups : undefined });
    const places = { identities: this.#identities, workDir: this.#directory };
    const sandbox = await RunSandbox.start({ tier: changed, places }, limits.diskBytes);
    try {
      await sandbox.sandbox.install({ path: binary, offset: 0, bytes: (await stat(binary)).size });
      const request: ExecutionRequest = { files: [], mode: "run", clock: "real", ...given };
      const result = await runProgram(sandbox, {
        request,
        directory: ".",
        turns: withoutTurns,
        limits: { ...limits, ...given.limits },
        exact: under.cgroups && cgroups !== undefined,
      });
      return { ...result, text: Buffer.concat([result.stdout, result.stderr]).toString("latin1") };
    } finally {
      await sandbox.discard();
    }
  }

  /** What the probe `view` prints in a sandbox of this kind, by lines. */
  async look(binary: string, purpose: "run" | "build", which: "exact" | "byRlimits" = "exact"): Promise<string[]> {
    const { tier } = this.#host;
    assert.ok(tier instanceof BubblewrapTier);
    const { filters, cgroups } = this[which];
    const parts = { ...tier.parts, bubblewrap: this.#bubblewrap ?? tier.parts.bubblewrap, filters };
    const changed = new BubblewrapTier({ ...parts, cgroups: cgroups ? tier.parts.cgroups : undefined });
    const { uid, release } = await this.#identities.take();
    const layout = { tmpBytes: 1 << 20, readOnly: [], programBytes: 16 << 20 };
    const sandbox = await changed.start({ purpose, layout, ...(uid === undefined ? {} : { uid }) });
    try {
      await sandbox.install({ path: binary, offset: 0, bytes: (await stat(binary)).size });
      const said: Buffer[] = [];
      const { end } = await sandbox.run({
        limits: { memoryBytes: limits.memoryBytes, processes: limits.processes },
        job: {
          process: { argv: ["/app/prog"], env: {}, rlimits: { openFiles: 64 } },
          ...{ directory: "/tmp", files: [], timeoutMs: 20_000, outputBytes: 1 << 20 },
        },
        onOutput: ({ payload }) => void said.push(payload),
      });
      const text = Buffer.concat(said).toString("utf8");
      assert.equal(end?.exitCode, 0, text);
      return text.trim().split("\n");
    } finally {
      await sandbox.discard();
      await release();
    }
  }

  /** Has sandboxes meanwhile finish their /proc as on a kernel before 5.8. */
  async coveringProc<T>(work: () => Promise<T>): Promise<T> {
    const { tier } = this.#host;
    assert.ok(tier instanceof BubblewrapTier);
    const script = join(this.#directory, "bwrap");
    const loop = 'for each in "$@"; do shift; [ "$each" != --processes-only ] || each=--cover-proc; set -- "$@" "$each"; done';
    await writeFile(script, `#!/bin/sh\n${loop}\nexec '${tier.parts.bubblewrap}' "$@"\n`, { mode: 0o755 });
    this.#bubblewrap = script;
    try {
      return await work();
    } finally {
      this.#bubblewrap = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#host.close();
    await this.#identities.close();
    await rm(this.#directory, { recursive: true });
  }
}

/** @returns the answer to each. */
export function answersIn({ text, outcome }: RunResult & { text: string }, count: number): number[] {
  const answers = text.trim().split("\n").map(Number);
  assert.deepEqual([outcome, answers.length], ["ok", count], text);
  return answers;
}
