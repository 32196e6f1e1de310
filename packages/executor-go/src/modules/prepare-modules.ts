/** What fetching modules takes, found once: proxies, certificates, a cache. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Logger, unavailable } from "@gorunner/core";
import { fetchUser } from "../sandbox/identity.js";
import type { SandboxTier } from "../sandbox/tier.js";
import { languageNumber, type Toolchain } from "../toolchain/find-toolchain.js";
import { buildSettings } from "../toolchain/go-command.js";
import { ModuleCache } from "./module-cache.js";
import { ModuleFetcher } from "./module-fetcher.js";
import { parseModuleProxies, proxiesIn } from "./module-proxies.js";
import { findNetworkFiles } from "./network-files.js";

/** How modules from elsewhere are had. */
export interface ModuleOptions {
  /** URLs of proxies, as in GOPROXY but without `direct`; empty: the toolchain's own default. */
  proxy: string;
  /** Where they are kept, below folders that every user may pass; default: `modules` in the cache directory. */
  directory?: string;
  /** For the modules of one program; default 30 s. */
  timeoutMs?: number;
  /** What the modules of one program may take on disk; default 512 MiB. */
  maxBytes?: number;
  /** The size at which the cache of all modules starts anew, the old one going away some time later; default 1 GiB. */
  maxCacheBytes?: number;
}

export interface ModuleParts {
  options: ModuleOptions;
  toolchain: Toolchain;
  tier: SandboxTier;
  builder: string;
  cacheDir: string;
  /** How long a build may take, in which modules are in use. */
  buildTimeoutMs: number;
  logger: Logger;
}

const mib = 1024 * 1024;
const defaultTimeoutMs = 30_000;
/** What waiting for a sandbox, and for the standard library, may add to a fetch and a build. */
const slackMs = 120_000;

/** @throws RunnerError UNAVAILABLE with what is missing; INVALID_ARGUMENT for proxies that are none. */
export async function prepareModules({ options, cacheDir, buildTimeoutMs, ...parts }: ModuleParts): Promise<ModuleFetcher> {
  const { timeoutMs = defaultTimeoutMs, maxBytes = 512 * mib, maxCacheBytes = 1024 * mib } = options;
  const { toolchain, logger } = parts;
  const directory = options.directory ?? join(cacheDir, "modules");
  const defaults = await defaultsOf(toolchain);
  const proxies = options.proxy === "" ? proxiesIn(defaults.proxy) : parseModuleProxies(options.proxy);
  if (proxies === undefined)
    throw unavailable("this toolchain has no module proxy of its own; set executor.goproxy to one, or executor.modules to off");
  if (["off", ""].includes(defaults.checksums)) {
    throw unavailable(
      "this toolchain has the checksum database off (GOSUMDB in its go.env); use one that verifies modules, or set executor.modules to off",
    );
  }
  const network = await findNetworkFiles(proxies);
  const retireMs = timeoutMs + 2 * buildTimeoutMs + slackMs;
  const cache = await ModuleCache.open({ directory, maxBytes: maxCacheBytes, uid: fetchUser(), retireMs, logger });
  const language = languageNumber(toolchain.name);
  return new ModuleFetcher({ ...parts, network, proxies, checksums: defaults.checksums, cache, timeoutMs, maxBytes, language });
}

/** What the toolchain does when nobody tells it anything. */
async function defaultsOf({ goBinary, goroot }: Toolchain): Promise<{ proxy: string; checksums: string }> {
  const { stdout } = await promisify(execFile)(goBinary, ["env", "GOPROXY", "GOSUMDB"], {
    env: { GOROOT: goroot, GOENV: "off", GOTOOLCHAIN: buildSettings.GOTOOLCHAIN, HOME: "/", PATH: "" },
    cwd: "/",
    timeout: 10_000,
  });
  const [proxy = "", checksums = ""] = stdout.trim().split("\n");
  return { proxy, checksums };
}
