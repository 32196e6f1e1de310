/** Makes one attack: first with its rule switched off, then as it is; then looks at the host, and runs the next hello. */
import { defaultLimits, type ExecutionRequest, type Limits, RunnerError, type SourceFile } from "@gorunner/core";
import { aRequest, hello } from "@gorunner/core/contract";
import type { GoExecutor } from "@gorunner/executor-go";
import type { Attack, Control, Ending, World } from "./attack.js";
import { limitsOf } from "./control.js";
import { withinKernelMemory } from "./kernel-memory.js";
import { mark } from "./traces.js";
import { inTime, withinMs } from "./within.js";

export interface Seen {
  ended: Ending;
  inferred?: boolean;
  exitCode?: number;
  signal?: string;
  stdout: Uint8Array;
  /** stdout and stderr, or what the refusal said. */
  said: string;
}

/** How much an attack by itself may use where its request does not say. */
const attackLimits: Partial<Limits> = { runTimeoutMs: 5_000 };

/** What is wrong with how it ended; empty: it was contained, and reported as it should be. */
export function problemsOf(attack: Attack, seen: Seen, exact: boolean): string[] {
  const ends = (exact ? undefined : attack.endsUnderRlimits) ?? attack.ends;
  const differs = (what: string, expected: unknown, found: unknown) =>
    expected === undefined || expected === found ? [] : [`${what} ${found}, not ${expected}`];
  return [
    ...(ends.includes(seen.ended) ? [] : [`ended with ${seen.ended}, not ${ends.join(" or ")}: ${seen.said.slice(-500)}`]),
    ...differs("exit code", attack.exitCode, seen.exitCode),
    ...differs("signal", attack.signal, seen.signal),
    ...differs("stdout", attack.prints && Buffer.from(attack.prints).toString("latin1"), Buffer.from(seen.stdout).toString("latin1")),
    ...(attack.says?.test(seen.said) === false ? [`did not say ${attack.says}: ${seen.said.slice(0, 500)}`] : []),
    ...(attack.hides?.test(seen.said) ? [`said ${attack.hides}: ${seen.said.slice(0, 500)}`] : []),
  ];
}

export async function make(executor: GoExecutor, attack: Attack, world: World, control?: Control): Promise<Seen> {
  const asked = { ...attackLimits, ...attack.request.limits };
  const limits = control === undefined ? asked : limitsOf(control, asked);
  if (attack.after !== undefined) await executor.execute(requestOf(attack.after));
  const request = requestOf(attack.request.files, { ...attack.request, limits, ...(attack.argsOf && { args: attack.argsOf(world) }) });
  const answered = () => (attack.format ? format(executor, request) : seenOf(executor, request));
  const bound = withinMs({ ...attack, limits });
  // A control shows that it succeeds, however long that takes.
  const answer = control === undefined ? () => inTime(bound, answered) : answered;
  if (attack.beside === undefined) return answer();
  return beside(executor, attack.beside, answer);
}

/** The attack as it is, whose answer has to come in time, and for which the kernel holds no more than it may have. */
export function makeBounded(executor: GoExecutor, attack: Attack, world: World, exact: boolean): Promise<Seen> {
  const { memoryBytes } = { ...defaultLimits, ...attack.request.limits };
  // Where the supervisor alone counts, it may come late on a busy machine.
  return withinKernelMemory(exact ? memoryBytes : 2 * memoryBytes, () => make(executor, attack, world));
}

function requestOf(files: SourceFile[], fields: Partial<ExecutionRequest> = {}): ExecutionRequest {
  return { ...aRequest("", { ...fields, files }), env: { ...mark, ...fields.env } };
}

async function seenOf(executor: GoExecutor, request: ExecutionRequest): Promise<Seen> {
  try {
    const { outcome, stdout, stderr, inferred, exitCode, signal } = await executor.execute(request);
    const said = Buffer.concat([stdout, stderr]).toString("utf8");
    return {
      ended: outcome,
      stdout,
      said,
      ...(inferred && { inferred }),
      ...(exitCode !== undefined && { exitCode }),
      ...(signal && { signal }),
    };
  } catch (error) {
    return refusalOf(error);
  }
}

async function format(executor: GoExecutor, { files }: ExecutionRequest): Promise<Seen> {
  try {
    const { outcome, diagnostics } = await executor.format({ files });
    return { ended: outcome, stdout: new Uint8Array(), said: diagnostics.map(({ message }) => message).join("\n") };
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Seen {
  if (!(error instanceof RunnerError) || error.code !== "INVALID_ARGUMENT") throw error;
  return { ended: "refused", stdout: new Uint8Array(), said: error.message };
}

/** Does `work` while another program runs, which has begun to speak. */
async function beside<Result>(executor: GoExecutor, files: SourceFile[], work: () => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  let begun = () => {};
  const speaks = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const other = executor.execute(requestOf(files), { signal: controller.signal, onEvent: begun }).then(
    ({ outcome, stderr }) => new Error(`the other program ended with ${outcome}: ${Buffer.from(stderr)}`),
    (error: unknown) => error,
  );
  await Promise.race([speaks, other]);
  const result = await work();
  controller.abort();
  const end = await other;
  if (!(end instanceof RunnerError) || end.code !== "CANCELLED") throw end;
  return result;
}

/** @throws Error when the next program does not run as it should. */
export async function runHello(executor: GoExecutor): Promise<void> {
  const { outcome, stdout, stderr } = await executor.execute(aRequest(hello));
  if (outcome === "ok" && Buffer.from(stdout).toString() === "Hello RunCode!\n") return;
  throw new Error(`the next hello ended with ${outcome}: ${Buffer.from(stderr)}`);
}
