/** What a clone needs before it is started or tested, in order; what is there already costs a look. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, isBuilt } from "./build.mjs";
import { explained, fail, PreparationError, say } from "./console.mjs";
import { dockerIsWanted, installDocker } from "./docker.mjs";
import { findGo } from "./go.mjs";
import { withLock } from "./lock.mjs";
import { chooseNode, installNode } from "./node.mjs";
import { toolchain } from "./npm-package.mjs";
import { installPackages, packagesAreInstalled } from "./packages.mjs";
import { heedSignals, throwIfInterrupted } from "./processes.mjs";
import { missingFromSystem, provideFromSystem } from "./system.mjs";

/**
 * - `start`: everything that the server needs; a missing sandbox is said and left to the server's own check.
 * - `test`: PostgreSQL and Redis too; anything missing is a failure. Docker where it can be had.
 * - `browser`: as `start`, and Chromium; anything missing is a failure.
 * - `cli`: as `start`, but a missing Go is only said: `gorunner doctor` explains the rest.
 * - `packages`: Node, packages and build alone.
 */
const purposes = ["start", "test", "browser", "cli", "packages"];

/** @param {string} purpose */
export async function prepare(purpose) {
  if (!purposes.includes(purpose)) fail(`unknown purpose "${purpose}"`, `Use one of ${purposes.join(", ")}.`);
  heedSignals();
  await explained(async () => {
    if (purpose !== "packages") await lookForGo(purpose);
    if (steps(purpose).some(({ isDone }) => !isDone())) await withLock(toolchain, (lock) => doSteps(purpose, lock.note));
    await tellNode(chooseNode().path);
    throwIfInterrupted();
  });
}

/**
 * @param {string} purpose
 * @returns {{ isDone: () => boolean; work: (note: (pids: number[]) => Promise<void>) => Promise<void> }[]}
 */
function steps(purpose) {
  const node = chooseNode();
  const missing = purpose === "packages" ? [] : missingFromSystem(purpose);
  return [
    { isDone: () => missing.length === 0, work: (note) => provideFromSystem(missing, purpose, note) },
    { isDone: () => purpose !== "test" || !dockerIsWanted(), work: installDocker },
    { isDone: () => node.installed, work: installNode },
    { isDone: () => packagesAreInstalled(node), work: (note) => installPackages(node, note) },
    { isDone: () => isBuilt(node), work: (note) => build(node, note) },
  ];
}

/** @param {string} purpose @param {(pids: number[]) => Promise<void>} note */
async function doSteps(purpose, note) {
  const startMs = Date.now();
  // Looked up again under the lock: another preparation may have done them while this one waited.
  for (const { isDone, work } of steps(purpose)) if (!isDone()) await work(note);
  say(`ready after ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
}

/** @param {string} purpose */
async function lookForGo(purpose) {
  try {
    await findGo();
  } catch (failure) {
    if (purpose !== "cli" || !(failure instanceof PreparationError)) throw failure;
    say(failure.message);
  }
}

/** Leaves the path of the Node to use where the shell scripts read it. @param {string} path */
async function tellNode(path) {
  const file = join(toolchain, "node");
  if (existsSync(file) && readFileSync(file, "utf8") === `${path}\n`) return;
  await mkdir(toolchain, { recursive: true });
  const next = `${file}-${process.pid}`;
  await writeFile(next, `${path}\n`);
  await rename(next, file);
}
