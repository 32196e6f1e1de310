import { execFileSync } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The first executable of that name in `directories`, then in PATH. */
export function findBinary(name: string, directories: readonly string[] = []): string | undefined {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
  return [...directories, ...path].map((directory) => join(directory, name)).find(isExecutable);
}

/** Where Debian and Ubuntu keep PostgreSQL's programs (they are not in PATH), the newest version first. */
export function debianPostgresDirectories(): string[] {
  const root = "/usr/lib/postgresql";
  try {
    const versions = readdirSync(root).sort((one, other) => Number(other) - Number(one));
    return versions.map((version) => join(root, version, "bin"));
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw failure;
  }
}

/** Who a server runs as: ourselves, or, where we are root, somebody who is not (PostgreSQL refuses to be root). */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const ask = (flag: string) => Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: ask("-u"), gid: ask("-g") };
    } catch {
      // No such user; the next one may exist.
    }
  }
  throw new Error("the tests run as root and need an ordinary user for PostgreSQL, but there is neither `postgres` nor `nobody`");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
