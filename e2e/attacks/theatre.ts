/** Where attacks are made: an executor as it is, one of which single rules can be switched off, and the world around both. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { silentLogger, silentMetrics } from "@gorunner/core";
import { GoExecutor } from "@gorunner/executor-go";
import { eventually } from "../support/host.js";
import type { Attack, Control } from "./attack.js";
import { make, makeBounded, problemsOf, runHello, type Seen } from "./attempt.js";
import { whereBubblewrapIs, withPath } from "./bubblewrap-path.js";
import { controlsHere, rulesWithout, withoutTold } from "./control.js";
import { grown, type KernelMemory } from "./kernel-memory.js";
import type { Mode } from "./modes.js";
import type { InForce, Result } from "./results.js";
import { openRuleSwitch, type RuleSwitch } from "./rule-off.js";
import { retainedBytes, type Traces, traces } from "./traces.js";
import { fetchTimeoutMs } from "./within.js";
import { type OpenWorld, openWorld } from "./world.js";

export interface TheatreOptions {
  cacheDir: string;
  /** What is to enforce limits. */
  resources: Mode["resources"];
}

interface TheatreParts {
  executor: GoExecutor;
  fetching: GoExecutor;
  lax: GoExecutor;
  rules: RuleSwitch;
  world: OpenWorld;
  cacheDir: string;
}

const mib = 1024 * 1024;
/** What executions may leave in this process's memory: caches that fill once. */
const memorySlackBytes = 32 * mib;

export class Theatre {
  readonly #executor: GoExecutor;
  /** The same with modules from elsewhere. */
  readonly #fetching: GoExecutor;
  readonly #lax: GoExecutor;
  readonly #rules: RuleSwitch;
  readonly #world: OpenWorld;
  readonly #cacheDir: string;
  #before: Traces | undefined;
  #retained = 0;

  private constructor(parts: TheatreParts) {
    this.#executor = parts.executor;
    this.#fetching = parts.fetching;
    this.#lax = parts.lax;
    this.#rules = parts.rules;
    this.#world = parts.world;
    this.#cacheDir = parts.cacheDir;
  }

  static async open({ cacheDir, resources }: TheatreOptions): Promise<Theatre> {
    const world = await openWorld();
    const rules = await openRuleSwitch({ bubblewrap: await whereBubblewrapIs(), host: world.things });
    await rules.leaveOut([]);
    const common = {
      concurrency: 2,
      queue: 64,
      queueTimeoutMs: 30_000,
      sourceBytes: mib,
      cacheDir,
      logger: silentLogger,
      metrics: silentMetrics,
      resources,
    };
    // None started ahead: what is there after an attack is what it has left.
    const usual = { ...common, warmSandboxes: 0, limits: { cpuMs: 20_000 } };
    const executor = new GoExecutor(usual);
    const modules = { proxy: world.moduleProxy, directory: join(world.things.directory, "modules"), timeoutMs: fetchTimeoutMs };
    const fetching = new GoExecutor({ ...usual, modules });
    const limits = {
      runTimeoutMs: 20_000,
      memoryBytes: 1024 * mib,
      diskBytes: 256 * mib,
      outputBytes: 4 * mib,
      processes: 1000,
      cpuMs: 20_000,
    };
    const lax = new GoExecutor({ ...common, warmSandboxes: 0, sourceBytes: 4 * mib, limits });
    const theatre = new Theatre({ executor, fetching, lax, rules, world, cacheDir });
    try {
      await executor.prepare();
      await fetching.prepare();
      await withPath(rules.directory, () => lax.prepare());
      await Promise.all([executor, fetching, lax].map((each) => each.whenComplete()));
      await theatre.#warmUp();
      return theatre;
    } catch (error) {
      await theatre.close();
      throw error;
    }
  }

  /** What is in force, for people. */
  get inForce(): InForce {
    const { tier = "?", resources = "?", toolchain = "?" } = this.#executor.status();
    const uid = process.getuid?.();
    return { tier, resources, toolchain, ...(uid === undefined ? {} : { uid }) };
  }

  /** @returns what was seen, and whatever was not as it should be. */
  async perform(attack: Attack): Promise<Result> {
    const problems: string[] = [];
    const note = async (work: () => Promise<unknown>) => {
      await work().catch((error: unknown) => void problems.push(error instanceof Error ? error.message : String(error)));
    };
    const exact = this.inForce.resources !== "rlimits";
    const controls = controlsHere(attack, exact);
    for (const control of controls) await note(() => this.#control(attack, control));
    const { kernel } = await traces(this.#cacheDir);
    let seen: Seen | undefined;
    await note(async () => {
      seen = await makeBounded(attack.fetches ? this.#fetching : this.#executor, attack, this.#world, exact);
      problems.push(...problemsOf(attack, seen, exact));
    });
    await note(() => this.#assertNothingLeft(kernel));
    await note(() => runHello(this.#executor));
    return {
      name: attack.name,
      seen: seen === undefined ? "an error" : told(seen),
      without: controls.map(withoutTold),
      problems,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#executor, this.#fetching, this.#lax].map((each) => each.close()));
    await this.#rules.close();
    await this.#world.close();
  }

  /** Without the rule that stops it, it must succeed: else it says nothing about the rule. */
  async #control(attack: Attack, control: Control): Promise<void> {
    await this.#rules.leaveOut(rulesWithout(control));
    try {
      const { ended, said } = await make(this.#lax, attack, this.#world, control).catch(broken);
      if (!control.says.test(said)) {
        throw new Error(`without ${withoutTold(control)} it did not succeed either: ${ended}: ${said.slice(0, 500)}`);
      }
    } finally {
      await this.#rules.leaveOut([]);
    }
  }

  /** Both executors make what they keep for good. */
  async #warmUp(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      await Promise.all([this.#executor, this.#executor, this.#fetching, this.#lax, this.#lax].map(runHello));
    }
    await eventually(async () => assert.deepEqual((await traces(this.#cacheDir)).processes, []));
    this.#before = await traces(this.#cacheDir);
    this.#retained = retainedBytes();
  }

  async #assertNothingLeft(kernel: KernelMemory): Promise<void> {
    const before = this.#before;
    assert.ok(before !== undefined);
    await eventually(async () => {
      const after = await traces(this.#cacheDir);
      assert.deepEqual(moreThan(before, after), {});
      assert.deepEqual(grown(kernel, after.kernel), []);
    });
    // What is written for the next ones, a binary, say, may still be on its way.
    await eventually(() => {
      const grown = retainedBytes() - this.#retained;
      assert.ok(grown < memorySlackBytes, `${Math.round(grown / mib)} MiB more memory than before all attacks`);
    });
  }
}

/** An attack may also succeed in breaking what should report it. */
const broken = (error: unknown) => ({ ended: "an error", said: `${error} (${error instanceof Error ? error.cause : ""})` });

/** What was there before and is gone meanwhile is fine. */
function moreThan(before: Traces, after: Traces): Record<string, unknown> {
  const { descriptors, kernel: _, ...lists } = after;
  const more = Object.entries(lists).flatMap(([what, found]) => {
    const added = found.filter((each) => !before[what as keyof typeof lists].includes(each));
    return added.length === 0 ? [] : [[what, added] as const];
  });
  return { ...Object.fromEntries(more), ...(descriptors > before.descriptors ? { descriptors: descriptors - before.descriptors } : {}) };
}

function told({ ended, inferred, exitCode, signal }: Seen): string {
  if (ended === "exit_error") return `${ended} ${exitCode}`;
  if (ended === "killed") return `${ended} by ${signal}`;
  return inferred ? `${ended}, inferred` : ended;
}
