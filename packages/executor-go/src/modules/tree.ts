/**
 * Measuring and removing trees of files in the background. One file system call is under way at a time: many at once would
 * queue in Node's thread pool ahead of those that executions wait for.
 */
import { lstat, opendir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";

export interface TreeSize {
  bytes: number;
  entries: number;
}

/** The unit of st_blocks (stat(2)). */
const blockBytes = 512;
/** What an entry takes beside its blocks: its inode, and its name in its directory. The builder counts the same (meter.go). */
const entryBytes = 1024;

/** What a directory takes on disk, itself included. It may be changing. @throws the signal's reason. */
export async function measureTree(directory: string, signal: AbortSignal): Promise<TreeSize> {
  const size = { bytes: 0, entries: 0 };
  const count = async (path: string) => {
    const found = await lstat(path).catch(ignoreMissing);
    if (found === undefined) return;
    size.bytes += found.blocks * blockBytes + entryBytes;
    size.entries++;
  };
  await count(directory);
  await visit(directory, signal, count);
  return size;
}

/** @throws the signal's reason; what is left is then to be removed another time. */
export async function removeTree(directory: string, signal?: AbortSignal): Promise<void> {
  const rest: { path: string; isOpened: boolean }[] = [{ path: directory, isOpened: false }];
  for (let last = rest.at(-1); last !== undefined; last = rest.at(-1)) {
    signal?.throwIfAborted();
    const { path, isOpened } = last;
    if (isOpened && (await removeEmpty(path))) {
      rest.pop();
      continue;
    }
    last.isOpened = true;
    for await (const entry of entriesOf(path)) {
      signal?.throwIfAborted();
      const below = join(path, entry.name);
      if (entry.isDirectory()) rest.push({ path: below, isOpened: false });
      else await unlink(below).catch(ignoreMissing);
    }
  }
}

/** @returns whether it is gone; a file that came while it was read keeps it. */
async function removeEmpty(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return true;
    if (hasCode(error, "ENOTEMPTY") || hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function visit(directory: string, signal: AbortSignal, count: (path: string) => Promise<void>): Promise<void> {
  const rest = [directory];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for await (const entry of entriesOf(next)) {
      signal.throwIfAborted();
      const path = join(next, entry.name);
      await count(path);
      if (entry.isDirectory()) rest.push(path);
    }
  }
}

/** Not all at once: a directory may have hundreds of thousands. Empty for one that has gone. */
async function* entriesOf(directory: string) {
  const opened = await opendir(directory, { bufferSize: 256 }).catch(ignoreMissing);
  if (opened !== undefined) yield* opened;
}

export function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, "ENOENT")) throw error;
}

export const hasCode = (error: unknown, code: string) => error instanceof Error && "code" in error && error.code === code;
