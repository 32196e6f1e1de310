/** The public face of the core: everything that adapters, servers and embedding programs may use. */
export { type CancelSignal, cancellationOf, throwIfCancelled } from "./cancellation.js";
export { deletionAgeOf, deletionTimeAfter, maxDeletionAgeMs, mostAheadMs } from "./domain/deletion-times.js";
export type {
  Diagnostic,
  Execution,
  ExecutionRequest,
  Outcome,
  OutputEvent,
  SourceFile,
  TestResult,
  Timings,
  Usage,
} from "./domain/execution.js";
export { defaultLimits, type Limits } from "./domain/limits.js";
export { joinProgramText, mainFile, splitProgramText } from "./domain/program-text.js";
export { duration, type Report, reportOf, size } from "./domain/report.js";
export {
  checkCode,
  checkExpiry,
  checkIdempotencyKey,
  checkPageSize,
  checkSnippetId,
  checkSnippetKey,
  checkUserId,
  codeTooLarge,
  type Deletion,
  maxCodeBytes,
  maxInt64,
  maxPageSize,
  type NewSnippet,
  type Snippet,
  type SnippetId,
  type SnippetKey,
  type SnippetSummary,
  snippetKeyBytes,
  snippetKeyOf,
  type UserId,
} from "./domain/snippet.js";
export { snippetOverheadBytes, storedSizeOf } from "./domain/stored-size.js";
export { decodeUtf8, encodeUtf8, isWellFormed, utf8Length } from "./domain/text.js";
export {
  asRunnerError,
  type ErrorCode,
  internal,
  invalidArgument,
  notFound,
  permissionDenied,
  RunnerError,
  type RunnerErrorOptions,
  unavailable,
} from "./errors.js";
export { FairShare, type Holder } from "./fair-share.js";
export type { AdminChecker } from "./ports/admin-checker.js";
export { type Cache, tombstoneTtlMs } from "./ports/cache.js";
export type { CodeExecutor, ExecuteOptions } from "./ports/code-executor.js";
export type { CodeFormatter, FormatRequest, Formatted } from "./ports/code-formatter.js";
export { type LogFields, type Logger, silentLogger } from "./ports/logger.js";
export { type Metrics, silentMetrics } from "./ports/metrics.js";
export type { Random } from "./ports/random.js";
export { noRequestScope, type RequestScope } from "./ports/request-scope.js";
export type { DeletionCursor, SnippetPage, SnippetRepo } from "./ports/snippet-repo.js";
export type { TimeLimit } from "./ports/time-limit.js";
export { type Turns, withoutTurns } from "./ports/turns.js";
export { RefusalLog } from "./refusal-log.js";
export { createRunner, type Ports, type Runner } from "./runner.js";
export { DeleteSnippet } from "./use-cases/delete-snippet.js";
export { ExpireSnippets } from "./use-cases/expire-snippets.js";
export { GetSnippet } from "./use-cases/get-snippet.js";
export { jsonInSlices } from "./use-cases/json-in-slices.js";
export { ListSnippets } from "./use-cases/list-snippets.js";
export { type CodeRun, RunCode } from "./use-cases/run-code.js";
export { ShareCode, type ShareCommand } from "./use-cases/share-code.js";
export { defaultStoreLimits, type StoreLimits, StoreQuota } from "./use-cases/store-quota.js";
