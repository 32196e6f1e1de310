/** Clears what a server has left that was killed while the toolchain worked for it: on a first start above all. */
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** What mkdtemp makes of the prefixes that are in use here. */
const temporary = /^(gorunner-go|vet|probe|linker-build|supervisor-build|builder-build)-[A-Za-z0-9]{6}$/;
/** No command of the toolchain takes so long: what is younger may be another server's, and in use. */
const forgottenAfterMs = 24 * 60 * 60 * 1000;

/** Removes the directories of ours in these that nobody can be using any more. What is not there holds none. */
export async function clearForgotten(places: readonly string[]): Promise<void> {
  for (const place of places) {
    for (const name of await readdir(place).catch(ifMissing)) {
      const path = join(place, name);
      if (temporary.test(name) && (await isForgotten(path))) await rm(path, { recursive: true, force: true });
    }
  }
}

async function isForgotten(path: string): Promise<boolean> {
  const found = await lstat(path).catch(ifMissing);
  if (!("mtimeMs" in found) || !found.isDirectory() || found.uid !== process.getuid?.()) return false;
  return Date.now() - found.mtimeMs > forgottenAfterMs;
}

/** Whoever it belongs to has just removed it. */
function ifMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code !== "ENOENT") throw error;
  return [];
}
