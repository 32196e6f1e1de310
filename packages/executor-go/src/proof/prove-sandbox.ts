/**
 * The sandbox proves itself before it takes anybody's program: one is really built and run in it that tries what programs
 * must not be able to (../../proof/sandbox.go), and then uses up what they have limits for. What does not hold is said, and
 * nothing is executed.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, readlink, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultLimits, type Execution, type Limits, type Outcome, RunnerError, unavailable } from "@gorunner/core";
import type { Engine } from "../engine.js";
import type { StepOut } from "../pool/admission.js";
import type { SandboxTier } from "../sandbox/tier.js";

export interface Proof {
  engine: Engine;
  tier: SandboxTier;
  /** Where a file is put that nobody may see. */
  workDir: string;
  limits: Limits;
  signal: AbortSignal;
}

/** What no proof takes, also on a busy machine, or under a tracer: what is on trial is never how fast it is. */
const proofTimeoutMs = 60_000;

const source = fileURLToPath(new URL("../../proof/sandbox.go", import.meta.url));

/** @throws RunnerError UNAVAILABLE that says what does not hold. */
export async function proveSandbox(proof: Proof): Promise<void> {
  await using bait = await Bait.lay(proof.workDir);
  const host = [...bait.described, `walls=${proof.tier.name !== "none"}`];
  // Never seen before, so that it is really built.
  const code = Buffer.concat([await readFile(source), Buffer.from(`\n// ${randomBytes(8).toString("hex")}\n`)]);
  const run = (args: string[], limits: Partial<Limits>) => execute(proof, { code, args, limits });

  const tried = await run(host, {});
  const said = Buffer.from(tried.stdout).toString("utf8");
  const breaches = [...said.matchAll(/^breach: (.*)$/gm)].map(([, what]) => `a program ${what}`);
  if (bait.taken) breaches.push("a program came through to the server");
  if (breaches.length > 0) throw failed([...new Set(breaches)].join("; "));
  if (tried.outcome !== "ok" || !said.endsWith("tried all\n")) {
    throw failed(`a program ended with ${tried.outcome} and said ${JSON.stringify((said || textOf(tried.stderr)).trim().slice(0, 500))}`);
  }
  expectLimit("memory", await run(["memory"], { memoryBytes: 64 * 1024 * 1024 }), "memory_limit");
  expectLimit("threads", await run(["threads"], { processes: 32 }), "process_limit");
}

function expectLimit(what: string, { outcome, stderr }: Execution, expected: Outcome): void {
  if (outcome === expected) return;
  throw failed(`a program that takes ${what} without end ended with ${outcome}, not ${expected}: ${textOf(stderr).slice(0, 500)}`);
}

const failed = (why: string, cause?: unknown) => unavailable(`the sandbox failed its proof, and nothing is executed: ${why}`, cause);
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

async function execute(
  { engine, limits: usual, signal }: Proof,
  { code, args, limits }: { code: Uint8Array; args: string[]; limits: Partial<Limits> },
): Promise<Execution> {
  const files = [{ path: "prog.go", content: code }];
  // Its collector, which runs out of memory in ways of its own, has nothing to do in it.
  const request = { files, args, env: { GOGC: "off" }, mode: "run", clock: "real" } as const;
  // Only what is on trial is scarce, whatever programs are given.
  const enough = { ...defaultLimits, runTimeoutMs: proofTimeoutMs, diskBytes: usual.diskBytes };
  const work = { request, limits: { ...enough, ...limits }, queueMs: 0, processors: 1, signal, stepOut: withoutPlace };
  try {
    const { execution, cleared } = await engine.execute(work);
    await cleared;
    return execution;
  } catch (error) {
    // It says itself what is missing; anything else is a sandbox that does not behave.
    if (signal.aborted || (error instanceof RunnerError && error.code === "UNAVAILABLE")) throw error;
    throw failed("a program could not be executed; the log says why", error);
  }
}

/** Nothing else is executed meanwhile. */
const withoutPlace: StepOut = async (outside) => {
  await outside();
  return { waitedMs: 0 };
};

/** What a program in the sandbox must not come to see: a file, two sockets, a variable of this process. */
class Bait implements AsyncDisposable {
  readonly described: string[];
  readonly #file: string;
  readonly #variable: string;
  readonly #listeners: Server[];
  taken = false;

  private constructor(parts: { file: string; variable: string; described: string[]; listeners: Server[] }) {
    this.#file = parts.file;
    this.#variable = parts.variable;
    this.#listeners = parts.listeners;
    this.described = parts.described;
    for (const listener of parts.listeners) {
      listener.on("connection", (socket) => {
        this.taken = true;
        socket.destroy();
      });
    }
  }

  static async lay(workDir: string): Promise<Bait> {
    const secret = randomBytes(8).toString("hex");
    const file = join(workDir, "canary");
    await writeFile(file, secret, { mode: 0o644 });
    const variable = `GORUNNER_CANARY_${secret}`;
    process.env[variable] = secret;
    const [tcp, local] = [createServer(), createServer()];
    tcp.listen(0, "127.0.0.1");
    await once(tcp, "listening");
    const socket = `gorunner-canary-${secret}`;
    local.listen(`\0${socket}`);
    await once(local, "listening");
    const namespaces = await Promise.all(["user", "pid", "mnt", "net", "ipc", "uts"].map((kind) => readlink(`/proc/self/ns/${kind}`)));
    const { port } = tcp.address() as AddressInfo;
    const described = [`file=${file}`, `port=${port}`, `socket=${socket}`, `variable=${variable}`];
    described.push(...namespaces.map((namespace) => `namespace=${namespace}`));
    return new Bait({ file, variable, described, listeners: [tcp, local] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    delete process.env[this.#variable];
    for (const listener of this.#listeners) listener.close();
    await rm(this.#file, { force: true });
  }
}
