/**
 * A sandbox in which the go command fetches modules into a staging area. It has no network: what it asks goes through the
 * socket of the server's forwarder. It never runs anything else.
 */
import type { CancelSignal, ExecutionRequest } from "@gorunner/core";
import { buildProcesses, fetchMemoryBytes, maxToolOutputBytes } from "../build/build-limits.js";
import { builderRequest } from "../build/builder-process.js";
import { asInside, sourceDirectory } from "../build/diagnostics.js";
import { toolEnvironment } from "../build/tool-environment.js";
import { fetchUser } from "../sandbox/identity.js";
import { isExact, type Locate, type Sandbox, type SandboxResult, type SandboxTier } from "../sandbox/tier.js";
import type { Toolchain } from "../toolchain/find-toolchain.js";
import { mountedGoroot, mountedModules } from "../toolchain/import-config.js";
import type { ChecksumDatabase } from "./checksum-database.js";
import { type ModuleProxies, proxyListOf } from "./module-proxies.js";

export interface FetchHost {
  tier: SandboxTier;
  toolchain: Toolchain;
  /** Our own program that drives the toolchain inside. */
  builder: string;
  proxies: ModuleProxies;
  checksums: ChecksumDatabase;
}

export interface FetchLimits {
  timeoutMs: number;
  /** May be written to disk. */
  maxBytes: number;
  /** Files and directories. */
  maxEntries: number;
}

export interface FetchJob extends FetchLimits {
  source: Pick<ExecutionRequest, "files" | "mode" | "clock">;
  /** On the host: what is fetched goes there, and what is there already for all. */
  staging: string;
  cache: string;
  /** The forwarder's. */
  socket: string;
  /** The toolchain's language version, as in a go.mod; absent where it has no number. */
  language: string | undefined;
  signal?: CancelSignal;
}

export interface FetchEnd {
  result: SandboxResult;
  /** The builder's report, and what it and the go command complained of. */
  stdout: string;
  stderr: string;
}

/** For the program and the go command's own notes; modules go to the staging area. */
const tmpBytes = 64 * 1024 * 1024;
const mountedStaging = "/staging";
const mountedSocket = "/forwarder";
/** For the URL that the builder gives its end of the way to the forwarder (builder/bridge.go). */
const bridge = "{bridge}";

/** @throws RunnerError UNAVAILABLE without a sandbox; the cancellation of `signal`. Nothing of it is left then. */
export async function fetchInSandbox(parts: FetchHost, job: FetchJob): Promise<FetchEnd> {
  const { tier, toolchain, builder } = parts;
  const uid = fetchUser();
  const sandbox = await tier.start({
    purpose: "fetch",
    layout: {
      tmpBytes,
      readOnly: [
        { from: toolchain.goroot, to: mountedGoroot },
        { from: builder, to: "/builder" },
        { from: job.socket, to: mountedSocket },
        { from: job.cache, to: mountedModules },
      ],
      writable: [{ from: job.staging, to: mountedStaging }],
    },
    ...(uid === undefined ? {} : { uid }),
  });
  try {
    return await run(sandbox, parts, job);
  } finally {
    await sandbox.discard();
  }
}

async function run(sandbox: Sandbox, parts: FetchHost, job: FetchJob): Promise<FetchEnd> {
  const { source, timeoutMs, maxBytes, signal } = job;
  const { locate } = sandbox;
  const said = { o: [] as Buffer[], e: [] as Buffer[] };
  const result = await sandbox.run({
    limits: { memoryBytes: fetchMemoryBytes, processes: buildProcesses },
    job: {
      directory: locate(sourceDirectory),
      files: source.files,
      process: {
        argv: [locate("/builder")],
        env: environment(locate),
        rlimits: {
          ...(isExact(parts.tier) ? {} : { dataBytes: fetchMemoryBytes }),
          ...{ fileBytes: maxBytes, openFiles: 1024 },
          // By user, and all fetches have the same; the control group counts exactly.
          ...(isExact(parts.tier) ? {} : { processes: buildProcesses }),
        },
      },
      stdin: builderRequest("fetch", locate, requestOf(parts, job, locate)),
      timeoutMs,
      outputBytes: maxReportBytes + maxToolOutputBytes,
    },
    onOutput: ({ kind, payload }) => {
      if (kind === "o" || kind === "e") said[kind].push(payload);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    result,
    stdout: Buffer.concat(said.o).toString("utf8"),
    stderr: asInside(Buffer.concat(said.e).toString("utf8"), locate),
  };
}

/** A go.mod and a go.sum, in base64. */
const maxReportBytes = 4 * 1024 * 1024;

function requestOf({ tier, proxies, checksums }: FetchHost, { source, language, maxBytes, maxEntries }: FetchJob, locate: Locate): object {
  return {
    mode: source.mode,
    clock: source.clock,
    language: language ?? "",
    socket: locate(mountedSocket),
    proxies: proxyListOf(proxies, (index) => `${bridge}/${index}`),
    checksums: `${checksums.key} ${bridge}/sumdb`,
    staging: locate(mountedStaging),
    // Without walls the go command could write to it.
    cached: tier.name === "none" ? "" : locate(mountedModules),
    maxBytes,
    maxEntries,
  };
}

/** What the go command obeys beside its flags; whatever could make it trust or ask anyone else is set to nothing. */
const environment = (locate: Locate): Record<string, string> => ({
  ...toolEnvironment(locate),
  GOMODCACHE: locate(mountedStaging),
  // Nothing is compiled, but the go command wants one.
  GOCACHE: locate("/tmp/gocache"),
  GOAUTH: "off",
  GOPRIVATE: "",
  GONOPROXY: "",
  GOINSECURE: "",
});
