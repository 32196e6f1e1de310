/** A sandbox with a network, in which the go command fetches modules into the shared cache. It never runs anything else. */
import type { CancelSignal, ExecutionRequest } from "@gorunner/core";
import { buildMemoryBytes, buildProcesses, maxToolOutputBytes } from "../build/build-limits.js";
import { builderRequest } from "../build/builder-process.js";
import { asInside, sourceDirectory } from "../build/diagnostics.js";
import { toolEnvironment } from "../build/tool-environment.js";
import { fetchUser } from "../sandbox/identity.js";
import {
  isExact,
  type Locate,
  mountedCertificates,
  type NetworkFiles,
  type Sandbox,
  type SandboxResult,
  type SandboxTier,
} from "../sandbox/tier.js";
import type { Toolchain } from "../toolchain/find-toolchain.js";
import { mountedGoroot, mountedModules } from "../toolchain/import-config.js";
import type { ModuleProxies } from "./module-proxies.js";

export interface FetchHost {
  tier: SandboxTier;
  toolchain: Toolchain;
  /** Our own program that drives the toolchain inside. */
  builder: string;
  network: NetworkFiles;
  proxies: ModuleProxies;
  /** The checksum database, as in GOSUMDB. */
  checksums: string;
}

export interface FetchJob {
  source: Pick<ExecutionRequest, "files" | "mode" | "clock">;
  /** The module cache on the host. */
  modules: string;
  timeoutMs: number;
  /** May be written to disk. */
  maxBytes: number;
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

/** For the program and the go command's own notes; modules go to the cache. */
const tmpBytes = 64 * 1024 * 1024;

/** @throws RunnerError UNAVAILABLE without a sandbox; the cancellation of `signal`. Nothing of it is left then. */
export async function fetchInSandbox(parts: FetchHost, job: FetchJob): Promise<FetchEnd> {
  const { tier, toolchain, builder, network } = parts;
  const uid = fetchUser();
  const sandbox = await tier.start({
    purpose: "fetch",
    layout: {
      tmpBytes,
      network,
      readOnly: [
        { from: toolchain.goroot, to: mountedGoroot },
        { from: builder, to: "/builder" },
      ],
      writable: [{ from: job.modules, to: mountedModules }],
    },
    ...(uid === undefined ? {} : { uid }),
  });
  try {
    return await run(sandbox, parts, job);
  } finally {
    await sandbox.discard();
  }
}

async function run(sandbox: Sandbox, parts: FetchHost, { source, timeoutMs, maxBytes, language, signal }: FetchJob): Promise<FetchEnd> {
  const said = { o: [] as Buffer[], e: [] as Buffer[] };
  const request = { mode: source.mode, clock: source.clock, language: language ?? "", maxBytes };
  const result = await sandbox.run({
    limits: { memoryBytes: buildMemoryBytes, processes: buildProcesses },
    job: {
      directory: sandbox.locate(sourceDirectory),
      files: source.files,
      process: {
        argv: [sandbox.locate("/builder")],
        env: environment(parts, sandbox.locate),
        rlimits: {
          ...(isExact(parts.tier) ? {} : { dataBytes: buildMemoryBytes }),
          ...{ fileBytes: maxBytes, openFiles: 1024 },
          // By user, and all fetches have the same; the control group counts exactly.
          ...(isExact(parts.tier) ? {} : { processes: buildProcesses }),
        },
      },
      stdin: builderRequest("fetch", sandbox.locate, request),
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
    stderr: asInside(Buffer.concat(said.e).toString("utf8"), sandbox.locate),
  };
}

/** A go.mod and a go.sum, in base64. */
const maxReportBytes = 4 * 1024 * 1024;

/** What the go command obeys beside its flags; whatever could make it trust or ask anyone else is set to nothing. */
const environment = ({ proxies, checksums }: FetchHost, locate: Locate): Record<string, string> => ({
  ...toolEnvironment(locate),
  GOMODCACHE: locate(mountedModules),
  // Nothing is compiled, but the go command wants one.
  GOCACHE: locate("/tmp/gocache"),
  GOPROXY: proxies.list,
  GOSUMDB: checksums,
  GOAUTH: "off",
  GOPRIVATE: "",
  GONOPROXY: "",
  GOINSECURE: "",
  SSL_CERT_FILE: locate(mountedCertificates),
  // Certificates come from that file alone.
  SSL_CERT_DIR: "/nonexistent",
});
