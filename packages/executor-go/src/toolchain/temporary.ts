/**
 * Directories in which the toolchain works for a moment. A server that is killed meanwhile, on a first start above all, leaves
 * them: they have a name by which another can tell.
 */
import { lstatSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const prefix = "gorunner-go-";
/** No command of the toolchain takes so long: what is younger may be another server's, and in use. */
const forgottenAfterMs = 24 * 60 * 60 * 1000;

/** Whoever makes it removes it. */
export const makeTemporary = (place: string): Promise<string> => mkdtemp(join(place, prefix));

/** Removes those of this user in these places that nobody can be using any more. A place that is not there holds none. */
export async function clearForgotten(places: readonly string[]): Promise<void> {
  for (const place of places) {
    const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return [];
    });
    const forgotten = names.filter((name) => name.startsWith(prefix)).map((name) => join(place, name));
    for (const path of forgotten.filter(isForgotten)) await rm(path, { recursive: true, force: true });
  }
}

function isForgotten(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isDirectory() || found.uid !== process.getuid?.()) return false;
  return Date.now() - found.mtimeMs > forgottenAfterMs;
}
