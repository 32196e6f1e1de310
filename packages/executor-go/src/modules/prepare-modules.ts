/** What fetching modules takes, found once: proxies, certificates, a cache. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Logger, type Turns, unavailable } from "@gorunner/core";
import { hostFetches } from "../pool/capacity.js";
import { fetchUser } from "../sandbox/identity.js";
import type { SandboxTier } from "../sandbox/tier.js";
import { languageNumber, type Toolchain } from "../toolchain/find-toolchain.js";
import { buildSettings } from "../toolchain/go-command.js";
import { findCertificates } from "./certificates.js";
import { parseChecksumDatabase } from "./checksum-database.js";
import { ModuleCache } from "./module-cache.js";
import { ModuleFetcher } from "./module-fetcher.js";
import { parseModuleProxies, proxiesIn } from "./module-proxies.js";
import { Upstreams } from "./upstreams.js";

/** How modules from elsewhere are had. */
export interface ModuleOptions {
  /** URLs of proxies, as in GOPROXY but without `direct`; empty: the toolchain's own default. */
  proxy: string;
  /** `HOST` or `HOST:PORT` that a proxy may redirect to, over https; default none beside the proxies themselves. */
  redirectHosts?: readonly string[];
  /** Where they are kept, below folders that every user may pass; default: `modules` in the cache directory. */
  directory?: string;
  /** Fetches at once; default: as many as fit into memory, eight at most. */
  concurrency?: number;
  /** Fetches of one caller at once; default 2. */
  perCaller?: number;
  /** Fetches that may wait for their turn, a quarter of them of one caller; default 64. */
  queue?: number;
  /** Default 10 s. */
  queueTimeoutMs?: number;
  /** For the modules of one program; default 30 s. */
  timeoutMs?: number;
  /** What the modules of one program may take on disk; default 512 MiB. */
  maxBytes?: number;
  /** Files and directories of the modules of one program; default 50,000. */
  maxEntries?: number;
  /** The size at which the cache of all modules starts anew, the old one going away some time later; default 1 GiB. */
  maxCacheBytes?: number;
  /** The same in files and directories; default 250,000. */
  maxCacheEntries?: number;
}

export interface ModuleParts {
  options: ModuleOptions;
  toolchain: Toolchain;
  tier: SandboxTier;
  builder: string;
  cacheDir: string;
  /** How long a build may take, in which modules are in use. */
  buildTimeoutMs: number;
  turns: Turns;
  logger: Logger;
}

const mib = 1024 * 1024;
const defaultTimeoutMs = 30_000;
/** What waiting for a sandbox, for a turn, and for the standard library may add to a fetch and a build. */
const slackMs = 180_000;
/** How long a fetch waits until the cache has been measured. */
const patienceMs = 5_000;
/** Each module costs some three, and a program has some hundred. */
const maxRequests = 20_000;

/** @throws RunnerError UNAVAILABLE with what is missing; INVALID_ARGUMENT for proxies that are none. */
export async function prepareModules({ options, cacheDir, buildTimeoutMs, ...parts }: ModuleParts): Promise<ModuleFetcher> {
  const { timeoutMs = defaultTimeoutMs, maxBytes = 512 * mib, maxEntries = 50_000 } = options;
  const { maxCacheBytes = 1024 * mib, maxCacheEntries = 250_000, redirectHosts = [] } = options;
  const { concurrency = hostFetches(), perCaller = 2, queue = 64, queueTimeoutMs = 10_000 } = options;
  const { toolchain, logger } = parts;
  const defaults = await defaultsOf(toolchain);
  const proxies = options.proxy === "" ? proxiesIn(defaults.proxy) : parseModuleProxies(options.proxy);
  if (proxies === undefined)
    throw unavailable("this toolchain has no module proxy of its own; set executor.goproxy to one, or executor.modules to off");
  const checksums = parseChecksumDatabase(defaults.checksums);
  const certificates = await findCertificates({ areNeeded: proxies.urls.some(({ protocol }) => protocol === "https:") });
  const cache = await ModuleCache.open({
    directory: options.directory ?? join(cacheDir, "modules"),
    maxBytes: maxCacheBytes,
    maxEntries: maxCacheEntries,
    uid: fetchUser(),
    retireMs: queueTimeoutMs + timeoutMs + 2 * buildTimeoutMs + slackMs,
    patienceMs,
    logger,
  });
  return new ModuleFetcher({
    ...parts,
    ...{ proxies, checksums, cache, timeoutMs, maxBytes, maxEntries, maxRequests },
    upstreams: new Upstreams({ proxies, checksums, redirectHosts, certificates }),
    places: { concurrency, perCaller, queue, queueTimeoutMs },
    language: languageNumber(toolchain.name),
  });
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
