/** Tells whether anything changed since the last time, without reading every file. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A fingerprint of the contents of files (an absent one counts as such) and of `facts`. @param {string[]} files @param {string[]} facts */
export function fingerprintOfContents(files, facts) {
  const hash = createHash("sha256").update(facts.join("\0"));
  for (const file of files) hash.update(`\0${file}\0`).update(contents(file) ?? "absent");
  return hash.digest("hex");
}

/** A fingerprint of the names, sizes and times of files, and of `facts`. @param {string[]} files @param {string[]} facts */
export function fingerprintOfTimes(files, facts) {
  const hash = createHash("sha256").update(facts.join("\0"));
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`\0${file}\0${size}\0${mtimeMs}`);
  }
  return hash.digest("hex");
}

/** Every file below `directory` (none where it does not exist), sorted. @param {string} directory @returns {string[]} */
export function filesBelow(directory) {
  return entriesOf(directory)
    .filter(({ name }) => name !== "node_modules")
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(directory, entry.name)) : [join(directory, entry.name)]))
    .sort();
}

/** What is in `directory`; nothing where it does not exist. @param {string} directory */
export function entriesOf(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** A fingerprint kept in a file; absent while the work that it stands for is not done. @param {string} path */
export function stampAt(path) {
  return {
    /** @param {string} fingerprint */
    is: (fingerprint) => contents(path)?.toString() === fingerprint,
    clear: () => rm(path, { force: true }),
    /** @param {string} fingerprint */
    set(fingerprint) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, fingerprint);
    },
  };
}

/** @param {string} path */
function contents(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** @param {unknown} error */
function isAbsence(error) {
  const { code } = /** @type {NodeJS.ErrnoException} */ (error);
  return code === "ENOENT" || code === "ENOTDIR";
}
