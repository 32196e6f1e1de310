/** The labels that are known before anything happens, so that every series starts at zero and not in the middle. */
import type { ErrorCode, Outcome } from "@gorunner/core";

export const transports = ["grpc", "http"] as const;
export const methods = ["RunCode", "ShareCode", "GetCodeByID", "DeleteCode", "unknown"] as const;
export const phases = ["queue", "fetch", "build", "run"] as const;
export const buildCacheResults = ["hit", "miss"] as const;
export const snippetCacheLayers = ["process", "redis"] as const;
export const snippetCacheResults = ["hit", "miss", "absent", "error"] as const;
export const ssoResults = ["admin", "not_admin", "error"] as const;

const everyCode: Record<ErrorCode | "OK", true> = {
  OK: true,
  INVALID_ARGUMENT: true,
  NOT_FOUND: true,
  UNAUTHENTICATED: true,
  PERMISSION_DENIED: true,
  RESOURCE_EXHAUSTED: true,
  UNAVAILABLE: true,
  DEADLINE_EXCEEDED: true,
  CANCELLED: true,
  INTERNAL: true,
};
export const codes = Object.keys(everyCode);

/** How far an execution with this outcome came: the later phases took no time, and are not measured as if they had. */
export const lastPhaseOf: Record<Outcome, (typeof phases)[number]> = {
  ok: "run",
  compile_error: "build",
  fetch_error: "fetch",
  fetch_timeout: "fetch",
  build_timeout: "build",
  build_limit: "build",
  exit_error: "run",
  run_timeout: "run",
  cpu_limit: "run",
  memory_limit: "run",
  output_limit: "run",
  process_limit: "run",
  killed: "run",
};
export const outcomes = Object.keys(lastPhaseOf);
