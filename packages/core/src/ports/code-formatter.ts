import type { CancelSignal } from "../cancellation.js";
import type { Diagnostic, Outcome, SourceFile } from "../domain/execution.js";

export interface FormatRequest {
  /** All files of one program: what one declares, another need not import. */
  files: SourceFile[];
  /** Whether imports of the standard library are added where they are missing, and taken out where they are unused. */
  fixImports?: boolean;
  /** Who asks, for fairness between callers. */
  caller?: string;
}

export interface Formatted {
  /** `compile_error`: there is a mistake of syntax. The others: it took more time, or more memory, than a build may. */
  outcome: Extract<Outcome, "ok" | "compile_error" | "build_timeout" | "build_limit">;
  /** The files in the order of the request, under their names: formatted where the outcome is `ok`, else as they came. */
  files: SourceFile[];
  /** The mistakes; empty where the outcome is `ok`. */
  diagnostics: Diagnostic[];
}

/**
 * Lays out Go source as `gofmt` does: `.go` files and `go.mod`. Other files are data, and stay as they are.
 *
 * Source with mistakes resolves, with an outcome; only what is no doing of the source rejects.
 */
export interface CodeFormatter {
  /**
   * @throws RunnerError INVALID_ARGUMENT for files that can't be a program's (none, a name that escapes, too large);
   *   RESOURCE_EXHAUSTED when the queue is full or its time is up, with `retryAfterMs`; UNAVAILABLE when there is no
   *   toolchain or sandbox, or it is closing; the signal's reason if that is a RunnerError, else CANCELLED, when it was
   *   aborted.
   */
  format(request: FormatRequest, options?: { signal?: CancelSignal }): Promise<Formatted>;
}
