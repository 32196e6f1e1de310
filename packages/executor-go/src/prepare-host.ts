/** From a bare machine to a proven sandbox: what happens once, before the first execution. */
import { access, chmod, constants, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { encodeUtf8, type Limits, type Logger, unavailable } from "@gorunner/core";
import { buildProgram } from "./build/build-program.js";
import { withPlace } from "./pool/place.js";
import { runProgram } from "./run/run-program.js";
import { findBubblewrap } from "./sandbox/bubblewrap.js";
import { findCgroups } from "./sandbox/cgroups.js";
import { writeEtc } from "./sandbox/etc.js";
import type { Identities } from "./sandbox/identity.js";
import type { SandboxHost } from "./sandbox/sandbox.js";
import { findToolchain, type Toolchain } from "./toolchain/find-toolchain.js";
import { StdArchives } from "./toolchain/std-archives.js";
import { ensureSupervisor } from "./toolchain/supervisor.js";

export interface PreparedHost {
  toolchain: Toolchain;
  archives: StdArchives;
  host: SandboxHost;
  /** Where each execution makes its own directory. */
  workDir: string;
  close(): Promise<void>;
}

export interface Preparation {
  cacheDir: string;
  logger: Logger;
  identities: Identities;
  limits: Limits;
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
  await makeDirectories(cacheDir, [directory, buildCache, join(cacheDir, "work")]);
  await checkReachable([toolchain.goroot, cacheDir]);

  step(`preparing ${toolchain.name} (the first start on a machine compiles a part of the standard library)`);
  const archives = new StdArchives({ toolchain, buildCache, logger });
  const workDir = await mkdtemp(join(cacheDir, "work", `${process.pid}-`));
  const close = async () => {
    await archives.close();
    await rm(workDir, { recursive: true, force: true });
  };
  try {
    await chmod(workDir, 0o711);
    const supervisor = await ensureSupervisor({ toolchain, directory, buildCache, signal });
    await archives.prepare();
    const etc = join(cacheDir, "etc");
    await writeEtc(etc);
    const host: SandboxHost = { bubblewrap, supervisor, etc, cgroups: await findCgroups() };
    const prepared: PreparedHost = { toolchain, archives, host, workDir, close };
    step("proving the sandbox by a real run");
    await prove(prepared, preparation);
    archives.completeInBackground();
    return prepared;
  } catch (error) {
    await close();
    throw error;
  }
}

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

const proof = `package main

import (
	"fmt"
	"os"
)

func main() { fmt.Println(os.Getuid() != 0, os.Getpid() > 1) }
`;

/** One real build and run. @throws RunnerError UNAVAILABLE when they don't give what they must. */
async function prove(prepared: PreparedHost, preparation: Preparation): Promise<void> {
  const { toolchain, archives, host, workDir } = prepared;
  const { identities, limits, signal } = preparation;
  await withPlace({ identities, workDir }, async ({ directory, uid }) => {
    const shared = { host, limits, signal, ...(uid === undefined ? {} : { uid }) };
    const files = [{ path: "prog.go", content: encodeUtf8(proof) }];
    const build = await buildProgram({ ...shared, toolchain, buildCache: archives.buildCache, files, binary: join(directory, "prog") });
    if (build.outcome !== "ok")
      throw unavailable(`the sandbox failed its proof: the build ended with ${build.outcome}: ${build.output.trim()}`);
    const request = { files, mode: "run", clock: "real" } as const;
    const run = await runProgram({ ...shared, directory, request });
    const said = Buffer.from(run.stdout).toString("utf8").trim();
    if (run.outcome !== "ok" || said !== "true true") {
      throw unavailable(`the sandbox failed its proof: the run ended with ${run.outcome} and said ${JSON.stringify(said)}`);
    }
  });
}
