/** The defaults that depend on the machine. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "./merge.js";
import type { Surroundings } from "./schema.js";

export function surroundingsOf(env: Environment, source: { hasFile: boolean }): Surroundings {
  // What runs untouched from a fresh clone is for this machine alone.
  const host = source.hasFile ? "" : "127.0.0.1";
  return { host, cacheDir: cacheDirectory(env) };
}

function cacheDirectory(env: Environment): string {
  // As root, executions run as other users, who can't reach below root's home.
  if (process.getuid?.() === 0) return "/var/cache/gorunner";
  return join(platformCache(env), "gorunner");
}

/** As Go's os.UserCacheDir. */
function platformCache(env: Environment): string {
  const home = env["HOME"] || homedir();
  if (process.platform === "darwin") return join(home, "Library", "Caches");
  return env["XDG_CACHE_HOME"]?.startsWith("/") ? env["XDG_CACHE_HOME"] : join(home, ".cache");
}
