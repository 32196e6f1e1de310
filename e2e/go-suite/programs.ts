/** The programs of Go's own `test/` directory that are one file with a plain `// run` header, and what they must print. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";

export interface GoProgram {
  /** Below the test directory. */
  name: string;
  fileName: string;
  content: Uint8Array;
  /** What stdout and stderr must be together. */
  expected: string;
}

export async function goPrograms(directory: string): Promise<GoProgram[]> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith(".go") && !name.includes(".dir/")).sort();
  const programs = await Promise.all(names.map((name) => read(directory, name)));
  return programs.filter((program) => program !== undefined);
}

async function read(directory: string, name: string): Promise<GoProgram | undefined> {
  const content = await readFile(join(directory, name));
  if (!content.subarray(0, 7).equals(Buffer.from("// run\n"))) return undefined;
  const expected = await readFile(join(directory, name.replace(/\.go$/, ".out")), "latin1").catch((error: NodeJS.ErrnoException) => {
    // Without that file it must print nothing (cmd/internal/testdir of Go's source).
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return { name, fileName: basename(name), content, expected };
}
