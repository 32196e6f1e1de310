/**
 * Our own small Go programs, built once per toolchain and version of themselves: the supervisor, which is pid 1 of each
 * sandbox, and the builder, which drives the compiler and the linker.
 */
import { createHash } from "node:crypto";
import { chmod, copyFile, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Toolchain } from "./find-toolchain.js";
import { runGo } from "./go-command.js";
import { makeTemporary } from "./temporary.js";

export type GoTool = "supervisor" | "builder";

export interface GoToolParts {
  toolchain: Toolchain;
  directory: string;
  buildCache: string;
  signal: AbortSignal;
}

/** @returns the path of the tool's binary, built if it was not there yet. */
export async function ensureGoTool(tool: GoTool, parts: GoToolParts): Promise<string> {
  const source = fileURLToPath(new URL(`../../${tool}/`, import.meta.url));
  const names = (await readdir(source)).filter((name) => name.endsWith(".go") || name === "go.mod").sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(await readFile(join(source, name)));
  const binary = join(parts.directory, `${tool}-${hash.digest("hex").slice(0, 16)}`);
  if (await exists(binary)) return binary;
  // Built aside and renamed: of two servers that start at once, neither sees half a file.
  const work = await makeTemporary(parts.directory);
  try {
    for (const name of names) await copyFile(join(source, name), join(work, name));
    const built = join(work, tool);
    await runGo({
      toolchain: parts.toolchain,
      args: ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", built, "."],
      buildCache: parts.buildCache,
      cwd: work,
      signal: parts.signal,
    });
    await chmod(built, 0o755);
    await rename(built, binary);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return binary;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}
