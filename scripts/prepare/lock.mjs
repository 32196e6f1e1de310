/**
 * One preparation at a time in a clone.
 *
 * The lock is a directory that names its owner. It appears by one rename, which fails while a lock is there, so that it
 * is never seen half made; an owner that died (with the tools it ran) no longer counts.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { say } from "./console.mjs";
import { throwIfInterrupted } from "./processes.mjs";

const pollMs = 200;
/** Breaking a dead owner's lock takes a moment; a breaker's mark that is older belongs to one that died too. */
const breakingMs = 10_000;

/**
 * Runs `work` while holding the lock of `directory`; waits for the other owner if there is one.
 *
 * @template T
 * @param {string} directory
 * @param {(lock: { note(pids: number[]): Promise<void> }) => Promise<T>} work `note` names processes that keep the lock
 *   alive although their owner was killed
 */
export async function withLock(directory, work) {
  const path = join(directory, "lock");
  await mkdir(directory, { recursive: true });
  let told = false;
  while (!(await taken(path))) {
    const owners = await ownersOf(path);
    if (owners !== undefined && !owners.some(isAlive)) {
      await breakLock(path, owners);
      continue;
    }
    if (!told && owners !== undefined) {
      say(`waiting for another preparation of this clone (process ${owners.find(isAlive)}; if that is something else, remove ${path})`);
      told = true;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    throwIfInterrupted();
  }
  try {
    return await work({ note: (pids) => writeOwners(path, [process.pid, ...pids]) });
  } finally {
    await remove(path);
  }
}

/** Makes the lock ours unless it is somebody's. @param {string} path */
async function taken(path) {
  const own = `${path}-${process.pid}-${randomUUID()}`;
  await mkdir(own);
  try {
    await writeOwners(own, [process.pid]);
    await rename(own, path);
    return true;
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    throw error;
  }
}

/** @param {string} path @param {number[]} pids */
async function writeOwners(path, pids) {
  const next = join(path, `next-${process.pid}`);
  await writeFile(next, pids.join("\n"));
  await rename(next, join(path, "owners"));
}

/** @param {string} path @returns {Promise<number[] | undefined>} undefined when the lock has just been released */
async function ownersOf(path) {
  try {
    return (await readFile(join(path, "owners"), "utf8")).split("\n").map(Number);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is another user's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/**
 * Removes a dead owner's lock. Only one process breaks at a time and looks again first: otherwise a slow one could
 * remove the lock that a quick one has taken since.
 *
 * @param {string} path @param {number[]} dead
 */
async function breakLock(path, dead) {
  const mark = `${path}-breaking`;
  try {
    await mkdir(mark);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    const age = await stat(mark).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > breakingMs) await rm(mark, { recursive: true, force: true });
    return;
  }
  try {
    const owners = await ownersOf(path);
    if (owners?.join() === dead.join()) await remove(path);
  } finally {
    await rm(mark, { recursive: true, force: true });
  }
}

/** Out of the way at once, then deleted. @param {string} path */
async function remove(path) {
  const gone = `${path}-gone-${process.pid}-${randomUUID()}`;
  await rename(path, gone);
  await rm(gone, { recursive: true, force: true });
}
