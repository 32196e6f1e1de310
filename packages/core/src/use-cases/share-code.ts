import { throwIfCancelled } from "../cancellation.js";
import { checkCode, checkExpiry, checkIdempotencyKey, type Snippet, snippetKeyBytes, snippetKeyOf } from "../domain/snippet.js";
import type { Cache } from "../ports/cache.js";
import type { ExecuteOptions } from "../ports/code-executor.js";
import type { Random } from "../ports/random.js";
import type { SnippetRepo } from "../ports/snippet-repo.js";
import { type Turns, withoutTurns } from "../ports/turns.js";
import { cutToSize } from "./cut-to-size.js";
import { cacheTtlMs } from "./get-snippet.js";
import { withoutNulInSlices } from "./in-slices.js";
import type { RunCode } from "./run-code.js";
import type { StoreQuota } from "./store-quota.js";

export interface ShareCommand {
  code: string;
  /** Who asks, for fairness between callers. */
  caller?: string;
  /** From when on the snippet is as if it were not there; never, unless given. */
  expiresAt?: Date;
  /** A repeated call with the same one answers the snippet that the first stored. */
  idempotencyKey?: string;
}

/** Executes code once and stores it with what it said. Code that does not build or fails can be shared too. */
export class ShareCode {
  readonly #runCode: RunCode;
  readonly #snippets: SnippetRepo;
  readonly #cache: Cache;
  readonly #random: Random;
  readonly #turns: Turns;
  readonly #quota: StoreQuota;
  readonly #snippetBytes: number;

  /** @param parts.snippetBytes the most that is stored of a snippet; see {@link cutToSize}. */
  constructor(parts: {
    runCode: RunCode;
    snippets: SnippetRepo;
    cache: Cache;
    random: Random;
    quota: StoreQuota;
    snippetBytes: number;
    turns?: Turns;
  }) {
    this.#runCode = parts.runCode;
    this.#snippets = parts.snippets;
    this.#cache = parts.cache;
    this.#random = parts.random;
    this.#turns = parts.turns ?? withoutTurns;
    this.#quota = parts.quota;
    this.#snippetBytes = parts.snippetBytes;
  }

  /**
   * @throws RunnerError as {@link RunCode} does, UNAVAILABLE when the store is, and RESOURCE_EXHAUSTED when it is full. A cancelled
   *   call stores nothing.
   */
  async execute(command: ShareCommand, options: ExecuteOptions = {}): Promise<Snippet> {
    const { expiresAt, idempotencyKey, ...run } = command;
    if (expiresAt !== undefined) checkExpiry(expiresAt);
    if (idempotencyKey !== undefined) checkIdempotencyKey(idempotencyKey);
    checkCode(run.code);
    // Nothing is executed for a store that can't take it.
    await this.#quota.check();
    const { output, error, execution } = await this.#runCode.execute(run, options);
    // PostgreSQL's `text` holds no NUL (its manual, 8.3 Character Types).
    const stored = { output: await withoutNulInSlices(output, this.#turns), error: await withoutNulInSlices(error, this.#turns) };
    const { texts, storedBytes } = await cutToSize({ code: command.code, ...stored }, this.#snippetBytes, this.#turns);
    throwIfCancelled(options.signal);
    const snippet = {
      ...texts,
      key: snippetKeyOf(this.#random.bytes(snippetKeyBytes)),
      toolchain: execution.toolchain,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    const shared = await this.#quota.saving(storedBytes, () => this.#snippets.save(snippet));
    // Somebody may have asked for this id before it existed, and been told so.
    await this.#cache.fill(shared, cacheTtlMs);
    return shared;
  }
}
