/** From a bare machine to a proven sandbox: what happens once, before the first execution. */
import { access, chmod, constants, mkdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Logger, unavailable } from "@gorunner/core";
import { BinaryCache } from "./build/binary-cache.js";
import type { BuildHost } from "./build/build-sandbox.js";
import { readProduct } from "./build/product.js";
import { linkerProof } from "./build/prove-linker.js";
import { Engine, type EngineOptions } from "./engine.js";
import { type ModuleOptions, prepareModules } from "./modules/prepare-modules.js";
import { type OpenTier, openTier, type TierOptions } from "./open-tier.js";
import { WorkDirectory } from "./pool/work-directory.js";
import { proveSandbox } from "./proof/prove-sandbox.js";
import { endSandboxesOf } from "./sandbox/bubblewrap-tier.js";
import { clearControlGroups } from "./sandbox/clear-cgroups.js";
import { type Lack, lacksTold } from "./sandbox/host-lacks.js";
import { findIdLack, type Identities } from "./sandbox/identity.js";
import type { SandboxTier } from "./sandbox/tier.js";
import { findToolchain } from "./toolchain/find-toolchain.js";
import { ensureGoTool } from "./toolchain/go-tools.js";
import { PreloadedLinker } from "./toolchain/preloaded-linker.js";
import { StandardLibrary } from "./toolchain/standard-library.js";
import { clearForgotten } from "./toolchain/temporary.js";

export interface PreparedHost extends BuildHost {
  linker: PreloadedLinker;
  engine: Engine;
  /** What this host lacks for exact limits. */
  lacks: Lack[];
  /** Ends the start of sandboxes, and what does not answer a while later; to be called when all executions are cancelled. */
  stopStarting(): void;
  close(): Promise<void>;
}

export interface Preparation {
  cacheDir: string;
  logger: Logger;
  identities: Identities;
  sandbox: TierOptions["sandbox"];
  resources: TierOptions["resources"];
  /** Absent: modules are off. */
  modules: ModuleOptions | undefined;
  /** Whether programs may be linked by a linker that has loaded the standard library ahead. */
  preloadLinker: boolean;
  engine: Pick<EngineOptions, "limits" | "path" | "warm" | "isSpare" | "idleMs" | "metrics" | "turns">;
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
  const directory = join(cacheDir, toolchain.name);
  const buildCache = join(directory, "std");
  await makeDirectories(cacheDir, [directory, buildCache, join(directory, "importcfg"), join(cacheDir, "work")]);
  await checkReachable([toolchain.goroot, cacheDir]);
  await clearForgotten([tmpdir(), directory, ...["real", "fake"].map((clock) => join(directory, "importcfg", clock))]);
  const lacking = await findIdLack();
  if (lacking !== undefined) throw unavailable(lacksTold([lacking]));

  step(`preparing ${toolchain.name} (the first start on a machine compiles a part of the standard library)`);
  const { turns } = preparation.engine;
  const library = new StandardLibrary({ toolchain, buildCache, directory: join(directory, "importcfg"), logger, turns });
  const linker = new PreloadedLinker({ toolchain, directory, buildCache, logger });
  let work: WorkDirectory | undefined;
  let engine: Engine | undefined;
  let opened: OpenTier | undefined;
  const close = async () => {
    opened?.stopStarting();
    await Promise.all([library.close(), linker.close()]);
    await engine?.close();
    await opened?.close();
    await work?.close();
  };
  try {
    const parts = { toolchain, directory, buildCache, signal };
    const supervisor = await ensureGoTool("supervisor", parts);
    const builder = await ensureGoTool("builder", parts);
    work = await WorkDirectory.claim({ root: join(cacheDir, "work"), locker: supervisor });
    const { name: owner, path: workDir } = work;
    const { sandbox, resources } = preparation;
    opened = await openTier({ sandbox, resources, supervisor, etc: join(cacheDir, "etc"), workDir, owner });
    const { tier, lacks } = opened;
    const clearOf = async (name: string) => {
      await endSandboxesOf(name);
      await clearControlGroups(name, supervisor);
    };
    await work.clearDead(clearOf, logger);
    await library.prepare();
    const cache = new BinaryCache({ directory: join(directory, binariesOf(tier)), maxBytes: maxBinaryCacheBytes, read: readProduct });
    await cache.open();
    const places = { identities: preparation.identities, workDir };
    if (preparation.preloadLinker) await linker.find();
    const moduleParts = { toolchain, tier, builder, cacheDir, turns, logger };
    const { modules, engine: options } = preparation;
    const { buildTimeoutMs } = options.limits;
    const fetcher = modules && (await prepareModules({ ...moduleParts, options: modules, buildTimeoutMs }));
    const buildHost = { tier, toolchain, library, builder, linker, places };
    const prepared = new Engine({ ...options, ...buildHost, cache, fetcher, logger });
    engine = prepared;
    step("proving the sandbox by a real run and attacks on it");
    await proveSandbox({ engine: prepared, tier, workDir, limits: options.limits, signal });
    library.completeInBackground();
    if (preparation.preloadLinker) {
      const proof = linkerProof({ ...buildHost, limits: options.limits });
      linker.makeAfter(library.completed(), proof, () => prepared.renew());
    }
    prepared.refill();
    return { ...buildHost, engine: prepared, lacks, stopStarting: opened.stopStarting, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What was built without walls may have been changed by a program, and is used without walls only. */
const binariesOf = ({ name }: SandboxTier) => (name === "none" ? "binaries-unwalled" : "binaries");

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
