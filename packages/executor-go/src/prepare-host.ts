/** From a bare machine to a proven sandbox: what happens once, before the first execution. */
import { access, chmod, constants, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { encodeUtf8, type Logger, unavailable } from "@gorunner/core";
import { BinaryCache } from "./build/binary-cache.js";
import type { BuildHost } from "./build/build-sandbox.js";
import { linkerProof } from "./build/prove-linker.js";
import { Engine, type EngineOptions } from "./engine.js";
import { type ModuleOptions, prepareModules } from "./modules/prepare-modules.js";
import { findBubblewrap } from "./sandbox/bubblewrap.js";
import { findCgroups } from "./sandbox/cgroups.js";
import { writeEtc } from "./sandbox/etc.js";
import type { Identities } from "./sandbox/identity.js";
import type { SandboxHost } from "./sandbox/sandbox.js";
import { writeFilters } from "./sandbox/seccomp/filters.js";
import { findToolchain } from "./toolchain/find-toolchain.js";
import { ensureGoTool } from "./toolchain/go-tools.js";
import { PreloadedLinker } from "./toolchain/preloaded-linker.js";
import { StandardLibrary } from "./toolchain/standard-library.js";

export interface PreparedHost extends BuildHost {
  linker: PreloadedLinker;
  engine: Engine;
  close(): Promise<void>;
}

export interface Preparation {
  cacheDir: string;
  logger: Logger;
  identities: Identities;
  /** Absent: modules are off. */
  modules: ModuleOptions | undefined;
  /** Whether programs may be linked by a linker that has loaded the standard library ahead. */
  preloadLinker: boolean;
  engine: Pick<EngineOptions, "limits" | "path" | "warm" | "isSpare" | "idleMs" | "metrics">;
  signal: AbortSignal;
  /** Told what is being done, as an operator should read it. */
  onStep(step: string): void;
}

/** @throws RunnerError UNAVAILABLE with what to do, when something is missing or the proof fails. */
export async function prepareHost(preparation: Preparation): Promise<PreparedHost> {
  const { cacheDir, logger, signal } = preparation;
  const step = (text: string) => {
    signal.throwIfAborted();
    preparation.onStep(text);
    logger.info(text);
  };
  const toolchain = await findToolchain();
  const bubblewrap = await findBubblewrap();
  const directory = join(cacheDir, toolchain.name);
  const buildCache = join(directory, "std");
  await makeDirectories(cacheDir, [directory, buildCache, join(directory, "importcfg"), join(cacheDir, "work")]);
  await checkReachable([toolchain.goroot, cacheDir]);

  step(`preparing ${toolchain.name} (the first start on a machine compiles a part of the standard library)`);
  const library = new StandardLibrary({ toolchain, buildCache, directory: join(directory, "importcfg"), logger });
  const linker = new PreloadedLinker({ toolchain, directory, buildCache, logger });
  const workDir = await mkdtemp(join(cacheDir, "work", `${process.pid}-`));
  let engine: Engine | undefined;
  const close = async () => {
    await Promise.all([library.close(), linker.close()]);
    await engine?.close();
    await rm(workDir, { recursive: true, force: true });
  };
  try {
    await chmod(workDir, 0o711);
    const parts = { toolchain, directory, buildCache, signal };
    const supervisor = await ensureGoTool("supervisor", parts);
    const builder = await ensureGoTool("builder", parts);
    await library.prepare();
    const etc = join(cacheDir, "etc");
    await writeEtc(etc);
    const cgroups = await findCgroups();
    const filters = await writeFilters({ directory: workDir, exactMemory: cgroups !== undefined });
    const host: SandboxHost = { bubblewrap, supervisor, etc, filters, cgroups };
    const cache = new BinaryCache({ directory: join(directory, "binaries"), maxBytes: maxBinaryCacheBytes });
    await cache.open();
    const places = { identities: preparation.identities, workDir };
    if (preparation.preloadLinker) await linker.find();
    const moduleParts = { toolchain, host, builder, cacheDir, logger };
    const { modules, engine: options } = preparation;
    const { buildTimeoutMs } = options.limits;
    const fetcher = modules && (await prepareModules({ ...moduleParts, options: modules, buildTimeoutMs }));
    const buildHost = { host, toolchain, library, builder, linker, places };
    const prepared = new Engine({ ...options, ...buildHost, cache, fetcher, logger });
    engine = prepared;
    step("proving the sandbox by a real run");
    await prove(prepared, preparation);
    library.completeInBackground();
    if (preparation.preloadLinker) {
      const proof = linkerProof({ ...buildHost, limits: options.limits });
      linker.makeAfter(library.completed(), proof, () => prepared.renew());
    }
    prepared.refill();
    return { ...buildHost, engine: prepared, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Some 300 binaries of ordinary programs. */
const maxBinaryCacheBytes = 512 * 1024 * 1024;

async function makeDirectories(cacheDir: string, directories: string[]): Promise<void> {
  try {
    for (const directory of [cacheDir, ...directories]) {
      await mkdir(directory, { recursive: true });
      // Readable by the users under which sandboxes start, whatever the umask; nothing in there is secret.
      await access(directory, constants.W_OK);
      await chmod(directory, 0o755);
    }
  } catch (error) {
    throw unavailable(`the cache directory ${cacheDir} can't be written; set executor.cache_dir to one that can`, error);
  }
}

/** A server that is root starts sandboxes as other users, who can't look below a private directory. */
async function checkReachable(paths: string[]): Promise<void> {
  if (process.getuid?.() !== 0) return;
  for (const path of paths) {
    for (let current = path; ; current = dirname(current)) {
      const { mode } = await stat(current);
      if ((mode & 0o005) !== 0o005 && current !== "/") {
        throw unavailable(
          `${path} is below ${current}, which other users can't read, and sandboxes never start as root; move it (executor.cache_dir, GOROOT) or run \`chmod o+rx ${current}\``,
        );
      }
      if (current === dirname(current)) break;
    }
  }
}

/** Says what the sandbox is for; the number makes it a program never seen before, so that it is really built. */
const proof = () => `package main

import (
	"fmt"
	"os"
)

func main() { fmt.Println(os.Getuid() != 0, os.Getpid() > 1, ${Date.now()}) }
`;

/** One real build and run. @throws RunnerError UNAVAILABLE when they don't give what they must. */
async function prove(engine: Engine, { engine: { limits }, signal }: Preparation): Promise<void> {
  const files = [{ path: "prog.go", content: encodeUtf8(proof()) }];
  const request = { files, mode: "run", clock: "real" } as const;
  const { execution, cleared } = await engine.execute({ request, limits, queueMs: 0, processors: 1, signal });
  await cleared;
  const { outcome, stdout, stderr } = execution;
  const said = Buffer.from(stdout).toString("utf8").trim();
  if (outcome === "ok" && said.startsWith("true true ")) return;
  const told = JSON.stringify(said || Buffer.from(stderr).toString("utf8").trim());
  throw unavailable(`the sandbox failed its proof: a program ended with ${outcome} and said ${told}`);
}
