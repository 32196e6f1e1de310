/** What did the user send, and is it allowed? */
import { type ExecutionRequest, invalidArgument, type Limits } from "@gorunner/core";
import { checkFiles } from "./check-files.js";

export interface RequestRules {
  /** Bytes of all files together. */
  sourceBytes: number;
  /** The executor's limits: defaults and maxima at once. */
  limits: Limits;
  /** The variables that a request may set, see {@link usualVariables}. */
  variables: readonly string[];
}

/** What a sandbox needs for itself, before any program. */
const minMemoryBytes = 16 * 1024 * 1024;
/** What a file takes at least in a file system in memory. */
const pageBytes = 4096;
/** The largest standard input of a program. */
export const maxStdinBytes = 16 * 1024 * 1024;
const maxArgsBytes = 64 * 1024;
/**
 * Variables that a request may set, `*` standing for any end: the program's own, and those by which it is told how to run
 * (package runtime) and for whom. None says where programs, files or libraries are.
 */
export const usualVariables = [
  ...["APP_*", "DEBUG", "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"],
  ...["LANG", "LANGUAGE", "LC_*", "NO_COLOR", "TERM", "TZ", "USER"],
] as const;
/** What is a name at all (POSIX). */
const nameOfVariable = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * @returns the limits in force.
 * @throws RunnerError INVALID_ARGUMENT unless the request can be executed as it is.
 */
export function checkRequest(request: ExecutionRequest, rules: RequestRules): Limits {
  if (request.mode === "bench" && request.clock === "fake") throw invalidArgument("benchmarks measure the real clock; ask for clock real");
  checkFiles(request.files, rules.sourceBytes);
  checkInput(request, rules);
  const limits = limitsOf(request, rules.limits);
  if (limits.memoryBytes < minMemoryBytes) throw invalidArgument(`limit memoryBytes must be at least ${minMemoryBytes}`);
  const needed = request.files.reduce((sum, { content }) => sum + Math.ceil(content.length / pageBytes) * pageBytes, 0);
  if (needed > limits.diskBytes)
    throw invalidArgument(`the program's own files take ${needed} bytes, above its limit diskBytes of ${limits.diskBytes}`);
  return limits;
}

/** @throws RunnerError INVALID_ARGUMENT when the request asks for a toolchain other than the one that there is. */
export function checkToolchain(request: ExecutionRequest, toolchain: string): void {
  if (request.toolchain === undefined || request.toolchain === toolchain) return;
  throw invalidArgument(`toolchain ${request.toolchain.slice(0, 64)} is not available; there is ${toolchain}`);
}

/** The limits in force: the request's where it has some, else the executor's. @throws RunnerError INVALID_ARGUMENT */
function limitsOf(request: ExecutionRequest, maxima: Limits): Limits {
  const limits = { ...maxima };
  for (const name of limitNames) {
    const asked = request.limits?.[name];
    if (asked === undefined) continue;
    if (!Number.isSafeInteger(asked) || asked <= 0) throw invalidArgument(`limit ${name} must be a positive integer, not ${asked}`);
    const maximum = maxima[name];
    if (maximum !== undefined && asked > maximum) throw invalidArgument(`limit ${name} is ${asked}, above this executor's ${maximum}`);
    limits[name] = asked;
  }
  return limits;
}

const limitNames = [
  "buildTimeoutMs",
  "runTimeoutMs",
  "cpuMs",
  "memoryBytes",
  "outputBytes",
  "processes",
  "diskBytes",
] as const satisfies (keyof Limits)[];

function checkInput(request: ExecutionRequest, { variables }: RequestRules): void {
  if ((request.stdin?.length ?? 0) > maxStdinBytes) throw invalidArgument(`stdin is larger than ${maxStdinBytes} bytes`);
  const environment = Object.entries(request.env ?? {});
  for (const [name, value] of environment) {
    if (!isAllowed(name, variables)) {
      throw invalidArgument(`environment variable ${printable(name)} is not allowed; allowed are ${variables.join(", ")}`);
    }
    if (value.includes("\0")) throw invalidArgument(`environment variable ${name} contains a NUL`);
  }
  const args = request.args ?? [];
  if (args.some((arg) => arg.includes("\0"))) throw invalidArgument("an argument contains a NUL");
  const size = [...args, ...environment.flat()].reduce((sum, text) => sum + text.length, 0);
  if (size > maxArgsBytes) throw invalidArgument(`arguments and environment are larger than ${maxArgsBytes} characters`);
}

const isAllowed = (name: string, variables: readonly string[]) =>
  nameOfVariable.test(name) &&
  variables.some((allowed) => (allowed.endsWith("*") ? name.startsWith(allowed.slice(0, -1)) : name === allowed));

const printable = (text: string) => JSON.stringify(text.slice(0, 128));
