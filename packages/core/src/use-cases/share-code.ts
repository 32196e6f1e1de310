import { throwIfCancelled } from "../cancellation.js";
import type { Snippet } from "../domain/snippet.js";
import type { ExecuteOptions } from "../ports/code-executor.js";
import type { Cache } from "../ports/cache.js";
import type { SnippetRepo } from "../ports/snippet-repo.js";
import { cacheTtlMs } from "./get-snippet.js";
import type { RunCode } from "./run-code.js";

/** Executes code once and stores it with what it said. Code that does not build or fails can be shared too. */
export class ShareCode {
  readonly #runCode: RunCode;
  readonly #snippets: SnippetRepo;
  readonly #cache: Cache;

  constructor(parts: { runCode: RunCode; snippets: SnippetRepo; cache: Cache }) {
    this.#runCode = parts.runCode;
    this.#snippets = parts.snippets;
    this.#cache = parts.cache;
  }

  /** @throws RunnerError as {@link RunCode} does, and UNAVAILABLE when the store is. A cancelled call stores nothing. */
  async execute(command: { code: string; caller?: string }, options: ExecuteOptions = {}): Promise<Snippet> {
    const { output, error } = await this.#runCode.execute(command, options);
    throwIfCancelled(options.signal);
    const shared = await this.#snippets.save({ code: command.code, output: storable(output), error: storable(error) });
    // Somebody may have asked for this id before it existed, and been told so.
    await this.#cache.fill(shared, cacheTtlMs);
    return shared;
  }
}

/** PostgreSQL's `text` holds no NUL (its manual, 8.3 Character Types). */
const storable = (text: string) => text.replaceAll("\0", "\ufffd");
