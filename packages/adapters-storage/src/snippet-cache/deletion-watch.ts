import { type DeletionCursor, type SnippetId, unavailable } from "@gorunner/core";
import { type DeletionLog, isNoPlace } from "./deletion-log.js";

/** How old what a cache knows of deletions may be at most, in milliseconds, while the store can be asked. */
const longestStalenessMs = 2000;

/** Hears the ids of all deletions in order, with the place in the log behind them, and forgets them before it returns. */
export type DeletionListener = (ids: SnippetId[], place: DeletionCursor) => void;

/**
 * Reads the store's log of deletions, at most once a second and only while somebody asks, so that whatever way a snippet
 * was deleted, the caches of this process hear of it in less than two seconds: also when the server that deleted it could
 * not reach Redis, or died.
 */
export class DeletionWatch {
  readonly #log: DeletionLog;
  readonly #now: () => number;
  readonly #listeners: DeletionListener[] = [];
  #cursor: DeletionCursor | undefined;
  #reading: Promise<void> | undefined;
  #nextReadMs = Number.NEGATIVE_INFINITY;
  /** Everything that was acknowledged until then has been heard of. */
  #knownUntilMs = Number.NEGATIVE_INFINITY;
  #isReachable = true;
  /** Somebody went on, to read the store, before there was a place from which deletions are heard of. */
  #isReadUnheard = false;
  #takesFillsFromMs = Number.POSITIVE_INFINITY;

  constructor(options: { log: DeletionLog; now: () => number }) {
    this.#log = options.log;
    this.#now = options.now;
  }

  onDeleted(listener: DeletionListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Takes a place in the log, if it has none yet: from then on every deletion is heard of, by the next look at the latest.
   * @throws RunnerError UNAVAILABLE where the store does not tell its log.
   */
  async begin(): Promise<void> {
    if (this.#cursor !== undefined) return;
    this.#reading ??= this.#read(this.#now());
    await this.#reading;
    if (this.#cursor === undefined) throw unavailable("the log of deletions can't be read");
  }

  /**
   * Waits, for a short time, until all is known that was acknowledged more than two seconds ago.
   * @returns `unknown` where the store does not tell.
   */
  async look(): Promise<"known" | "unknown"> {
    const now = this.#now();
    if (now >= this.#nextReadMs) this.#reading ??= this.#read(now);
    if (this.#isKnown(now)) return "known";
    // While the store is gone nobody waits for it twice.
    if (this.#reading !== undefined && this.#isReachable) await this.#inTime(this.#reading);
    if (this.#isKnown(this.#now())) return "known";
    this.#isReadUnheard ||= this.#cursor === undefined;
    return "unknown";
  }

  /**
   * Whether a store read that began after a {@link look} may be kept: all deletions after it will be heard of.
   * What was read before the first place in the log was known might have been deleted unheard.
   */
  get takesFills(): boolean {
    return this.#now() >= this.#takesFillsFromMs;
  }

  #isKnown(now: number): boolean {
    return now - this.#knownUntilMs < longestStalenessMs;
  }

  async #read(begun: number): Promise<void> {
    this.#nextReadMs = begun + readEveryMs;
    try {
      if (this.#cursor === undefined) await this.#findEnd();
      else
        this.#cursor = await this.#log.readFrom(this.#cursor, (deletions, place) =>
          this.#tell(
            deletions.map(({ id }) => id),
            place,
          ),
        );
      this.#knownUntilMs = begun;
      this.#isReachable = true;
    } catch (failure) {
      // The log has been told. What was read already is read again, and told again, which changes nothing.
      this.#isReachable = false;
      // Another store stands where the first one stood, such as an older copy of it: its log begins anew for us.
      if (isNoPlace(failure)) this.#cursor = undefined;
    } finally {
      this.#reading = undefined;
    }
  }

  async #findEnd(): Promise<void> {
    this.#cursor = await this.#log.end();
    this.#takesFillsFromMs = this.#now() + (this.#isReadUnheard ? longestReadMs : 0);
  }

  #tell(ids: SnippetId[], place: DeletionCursor): void {
    for (const listener of this.#listeners) listener(ids, place);
  }

  async #inTime(reading: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#isReachable = false;
        resolve();
      }, patienceMs);
    });
    await Promise.race([reading, tooLate]);
    clearTimeout(timer);
  }
}

const readEveryMs = 1000;

/** How long a caller waits for the store before it goes on without knowing. */
const patienceMs = 500;

/** Longer than any read of the store, with what surrounds it. */
const longestReadMs = 10_000;
