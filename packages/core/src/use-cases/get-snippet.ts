import { type CancelSignal, throwIfCancelled, unlessCancelled } from "../cancellation.js";
import { checkSnippetId, type Snippet, type SnippetId } from "../domain/snippet.js";
import { notFound, unavailable } from "../errors.js";
import type { Cache } from "../ports/cache.js";
import type { SnippetRepo } from "../ports/snippet-repo.js";
import type { TimeLimit } from "../ports/time-limit.js";
import { BackgroundFills } from "./background-fills.js";
import { SharedReads } from "./shared-reads.js";

/** How long the cache keeps a snippet that was read or shared. */
export const cacheTtlMs = 20 * 60 * 1000;

/** How long it keeps that there is no such snippet: short, as ids that don't exist yet will. */
const absentTtlMs = 1000;

/** Answers a stored snippet; executes nothing. */
export class GetSnippet {
  readonly #snippets: SnippetRepo;
  readonly #cache: Cache;
  readonly #timeLimit: TimeLimit;
  readonly #reads: SharedReads<SnippetId, Snippet | undefined>;
  readonly #fills = new BackgroundFills();

  /**
   * @param ports.timeLimit for a whole call; none unless given: then a call may wait for two reads of the store, and closing for
   *   ever for a cache that never ends what it was given.
   */
  constructor(ports: { snippets: SnippetRepo; cache: Cache; timeLimit?: TimeLimit }) {
    this.#snippets = ports.snippets;
    this.#cache = ports.cache;
    this.#timeLimit = ports.timeLimit ?? unlimited;
    this.#reads = new SharedReads((id) => this.#readAndKeep(id));
  }

  /**
   * Any number of calls for one id read the store once, as far as the cache works. Cancelling a call ends that call alone.
   * @throws RunnerError INVALID_ARGUMENT, NOT_FOUND, UNAVAILABLE, or the cancellation of the signal.
   */
  async execute(query: { id: SnippetId }, options: { signal?: CancelSignal } = {}): Promise<Snippet> {
    checkSnippetId(query.id);
    throwIfCancelled(options.signal);
    const finding = this.#timeLimit.hold((isOver) => this.#find(query.id, isOver));
    const found = await unlessCancelled(options.signal, finding);
    if (found === undefined) throw notFound(`snippet ${query.id} not found`);
    return found;
  }

  /**
   * Waits until the cache has what was read for it, for as long as a call may take: to be called before the cache is closed,
   * and after the last call.
   * @throws RunnerError UNAVAILABLE when the cache takes longer; whatever one that fails against its contract has thrown first.
   */
  async close(): Promise<void> {
    let failure: unknown;
    try {
      failure = await this.#timeLimit.hold(() => this.#fills.ended());
    } catch (late) {
      throw unavailable("the cache has not kept in time what was read for it", late);
    }
    if (failure !== undefined) throw failure;
  }

  #find(id: SnippetId, isOver: () => boolean): Promise<Snippet | undefined> {
    return this.#reads.visit(id, async (join) => {
      for (;;) {
        const cached = await this.#cache.get(id);
        if (cached !== undefined) return cached === "absent" ? undefined : cached;
        // Nobody waits for this caller's part any more: it begins no read.
        if (isOver()) throw unavailable("the store did not answer in time");
        const read = await join();
        // What somebody read before this call began may have been deleted, or created, since; the cache would know.
        if (read.isCurrent) return copyOf(read.value);
      }
    });
  }

  async #readAndKeep(id: SnippetId): Promise<Snippet | undefined> {
    const stored = await this.#snippets.findById(id);
    // Nobody waits for a cache to keep what it did not have. Begun before the answer, so that whoever comes next is behind it.
    this.#fills.begin(() => (stored === undefined ? this.#cache.fillAbsent(id, absentTtlMs) : this.#cache.fill(stored, cacheTtlMs)));
    return stored;
  }
}

const unlimited: TimeLimit = { hold: (work) => work(() => false) };

/** Several callers get what one read found; none may see what another does to it. */
const copyOf = (snippet: Snippet | undefined): Snippet | undefined => snippet && { ...snippet };
