/** What `gorunner doctor` asks of the executor: does it work here, and if not, what mends it? */
import { asRunnerError, encodeUtf8, reportOf, unavailable } from "@gorunner/core";
import { GoExecutor, type GoExecutorOptions } from "./go-executor.js";
import { findBubblewrap } from "./sandbox/bubblewrap.js";
import { findCgroups } from "./sandbox/cgroups.js";
import { findToolchain } from "./toolchain/find-toolchain.js";

export interface Finding {
  name: string;
  ok: boolean;
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
    await finding("sandbox", async () => `bubblewrap: ${await findBubblewrap()}`, "apt-get install bubblewrap"),
    await finding("resource limits", describeResources),
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

async function describeResources(): Promise<string> {
  const cgroups = await findCgroups();
  if (cgroups !== undefined) return `${cgroups.name}: memory and processes are limited exactly`;
  return "rlimits alone: memory is limited by process, shared memory is not; run as root or with delegated control groups for exact limits";
}

async function realRun(options: GoExecutorOptions): Promise<string> {
  const executor = new GoExecutor(options);
  try {
    await executor.prepare();
    const { toolchain, tier, resources } = executor.status();
    return `a Go program was built and run (${toolchain}, ${tier}, ${resources})`;
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
