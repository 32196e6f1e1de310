/** What `gorunner doctor` asks of the executor: does it work here, and if not, what mends it? */
import { asRunnerError, encodeUtf8, reportOf, unavailable } from "@gorunner/core";
import { GoExecutor, type GoExecutorOptions } from "./go-executor.js";
import { findBubblewrap } from "./sandbox/bubblewrap.js";
import { coreDumpsTold } from "./sandbox/core-dumps.js";
import { findResources } from "./sandbox/find-cgroups.js";
import { findNamespaceLacks, lacksTold } from "./sandbox/host-lacks.js";
import { noWalls } from "./sandbox/no-tier.js";
import { tcpPagesTold } from "./sandbox/tcp-pages.js";
import { findToolchain } from "./toolchain/find-toolchain.js";

export interface Finding {
  name: string;
  ok: boolean;
  /** It can be lived with. */
  optional?: boolean;
  detail: string;
  /** What to do about it. */
  fix?: string;
}

/** Looks at everything an execution needs, and executes one. Never rejects: what fails is a finding. */
export async function diagnose(options: GoExecutorOptions): Promise<Finding[]> {
  return [
    await finding(
      "toolchain",
      async () => {
        const toolchain = await findToolchain();
        return `${toolchain.name} in ${toolchain.goroot}`;
      },
      "install Go from your distribution or go.dev, or set GOROOT",
    ),
    await lookAtSandbox(options),
    await lookAtResources(options),
    await lookAtCoreDumps(options),
    { ...(await finding("TCP's pages", () => tcpPagesTold())), optional: true },
    await finding("a real run", () => realRun(options)),
    await finding("modules", () => realFetch(options), "correct executor.goproxy, or set executor.modules to off"),
  ];
}

async function finding(name: string, look: () => Promise<string>, fix?: string): Promise<Finding> {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    return { name, ok: false, detail: asRunnerError(error).message, ...(fix === undefined ? {} : { fix }) };
  }
}

async function lookAtSandbox({ sandbox }: GoExecutorOptions): Promise<Finding> {
  if (sandbox === "none") return { name: "sandbox", ok: false, optional: true, detail: noWalls, fix: "set executor.sandbox to auto" };
  const found = await finding("sandbox", async () => `bubblewrap: ${await findBubblewrap()}`, "apt-get install bubblewrap");
  if (!found.ok) return found;
  // Whether they really stand in the way, the real run says.
  const [lack] = await findNamespaceLacks();
  if (lack === undefined) return found;
  return { ...found, ok: false, optional: true, detail: `${found.detail}; ${lack.lack}`, ...(lack.mend ? { fix: lack.mend } : {}) };
}

async function lookAtResources({ resources = "auto" }: GoExecutorOptions): Promise<Finding> {
  const name = "resource limits";
  try {
    const { cgroups, lacks } = await findResources({ mode: resources, owner: `doctor-${process.pid}` });
    if (cgroups !== undefined) {
      const cpu = cgroups.sharesProcessors ? ", processors are shared evenly" : "";
      return { name, ok: true, detail: `${cgroups.name}: memory and processes are limited exactly${cpu}` };
    }
    const detail = "rlimits alone: memory is limited by process, and what ended a program is inferred from what it said";
    if (lacks.length === 0) return { name, ok: true, detail: `${detail} (executor.resources asks for it)` };
    const mend = lacks.find((lack) => lack.mend !== undefined)?.mend;
    return {
      name,
      ok: false,
      optional: true,
      detail: `${detail}; ${lacksTold(lacks.map(({ lack }) => ({ lack })))}`,
      ...(mend ? { fix: mend } : {}),
    };
  } catch (error) {
    return { name, ok: false, detail: asRunnerError(error).message, fix: "set executor.resources to auto" };
  }
}

async function lookAtCoreDumps({ sandbox }: GoExecutorOptions): Promise<Finding> {
  const name = "core dumps";
  try {
    const { detail, holds } = await coreDumpsTold(sandbox !== "none");
    return { name, ok: holds, detail, ...(holds ? {} : { optional: true, fix: "sysctl -w kernel.core_pattern=core" }) };
  } catch (error) {
    return { name, ok: false, optional: true, detail: `kernel.core_pattern can't be read: ${asRunnerError(error).message}` };
  }
}

async function realRun(options: GoExecutorOptions): Promise<string> {
  const executor = new GoExecutor(options);
  try {
    await executor.prepare();
    const { toolchain, tier, resources, seccomp } = executor.status();
    if (tier === "none") return `a Go program was built and run without walls (${toolchain}, ${resources}, seccomp for ${seccomp})`;
    return `a Go program was built and run (${toolchain}, ${tier}, ${resources}, seccomp for ${seccomp}), and attacks on its sandbox failed`;
  } finally {
    await executor.close();
  }
}

/** Small, without requirements of its own, and known to every proxy that serves the public ones. */
const sampleModule = "github.com/google/uuid";

async function realFetch(options: GoExecutorOptions): Promise<string> {
  if (options.modules === undefined) return "off: programs import the standard library and their own packages alone";
  const executor = new GoExecutor(options);
  try {
    const program = `package main\n\nimport _ "${sampleModule}"\n\nfunc main() { println(${Date.now()}) }\n`;
    const files = [{ path: "prog.go", content: encodeUtf8(program) }];
    const execution = await executor.execute({ files, mode: "run", clock: "real" });
    if (execution.outcome === "ok") return `on: ${sampleModule} was fetched and verified`;
    throw unavailable(`${sampleModule} could not be fetched: ${reportOf(execution).error.trim()}`);
  } finally {
    await executor.close();
  }
}
