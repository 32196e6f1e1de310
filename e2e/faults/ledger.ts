/**
 * What clients were told: the one thing that faults may not make untrue.
 *
 * Every call is entered when it begins and again when it has ended, because what may be true of an answer depends on what
 * was known when its call began.
 */

export interface Entry {
  id: bigint;
  code: string;
  /** `begun`: a delete was sent, and perhaps nobody was told what became of it. */
  deletion: "none" | "begun" | "acknowledged";
  /** How many deletes were sent. */
  deletes: number;
  /** Of `performance.now()`. */
  deletedAt: number;
}

interface Counts {
  acknowledged: number;
  refused: number;
}

/** What docs/operations.md promises where servers are cut off from Redis. */
export const cutOffStaleMs = 2000;

export class Ledger {
  /** By what each marks its code with, so that the store can be asked for it; undefined until and unless it was acknowledged. */
  readonly shares = new Map<string, Entry | undefined>();
  readonly counts = { shares: none(), deletes: none(), reads: none() };
  /** What must never be: one line each, in words. */
  readonly violations: string[] = [];
  /** Acknowledged, deleted by nobody, and not there. */
  readonly lost = new Set<bigint>();
  /** The longest time after a delete's acknowledgement at which a read that returned the snippet began. */
  longestStaleMs = 0;
  staleReads = 0;
  readonly longestMs = { shares: 0, deletes: 0, reads: 0 };
  /** Whether the fault lasts, its aftermath included. */
  isBroken = false;
  /** How long the reads took that were begun while it lasted. */
  readonly brokenReadMs: number[] = [];
  /** Reads of what was gone, where none are promised: see {@link judge}. */
  readonly #suspects: { staleMs: number; told: string }[] = [];
  readonly #staleMs: number;
  readonly #mayRefuse: boolean;
  readonly #live: Entry[] = [];
  readonly #gone: Entry[] = [];

  constructor({ staleMs, mayRefuse }: { staleMs: number; mayRefuse: boolean }) {
    this.#staleMs = staleMs;
    this.#mayRefuse = mayRefuse;
  }

  /** Whether a call that begins or ends now may be UNAVAILABLE. */
  get mayRefuse(): boolean {
    return this.isBroken && this.#mayRefuse;
  }

  /** That can be read and that no delete was sent for, `chance` (below 1) saying which. */
  live(chance: number): Entry | undefined {
    return this.#live[Math.floor(chance * this.#live.length)];
  }

  /** One of the latest that are gone: what is stale is so soon after. */
  gone(chance: number): Entry | undefined {
    return this.#gone[this.#gone.length - 1 - Math.floor(chance * Math.min(this.#gone.length, 20))];
  }

  acknowledgedShare(marker: string, id: bigint, code: string): void {
    const entry: Entry = { id, code, deletion: "none", deletes: 0, deletedAt: Number.POSITIVE_INFINITY };
    this.counts.shares.acknowledged += 1;
    this.shares.set(marker, entry);
    this.#live.push(entry);
  }

  /** Takes it out of those that are read as live. */
  beginDelete(entry: Entry): void {
    // Of one that is known to be gone nothing becomes unknown.
    if (entry.deletion === "none") entry.deletion = "begun";
    entry.deletes += 1;
    const index = this.#live.indexOf(entry);
    if (index >= 0) this.#live.splice(index, 1);
  }

  /** Told that there is nothing to delete, a client knows as much as if it were told that it deleted. */
  acknowledgedDelete(entry: Entry, { by, found }: { by: string; found: boolean }): void {
    // Of several whichever comes first finds it, not whichever was sent first.
    if (!found && entry.deletes === 1) this.lose(entry, `${by} found nothing to delete under ${entry.id}, which nobody else deleted`);
    if (entry.deletion === "acknowledged") return;
    entry.deletion = "acknowledged";
    entry.deletedAt = performance.now();
    this.counts.deletes.acknowledged += 1;
    this.#gone.push(entry);
  }

  /**
   * @param began when, and with which `deletion`.
   * @returns `behind` for a deleted snippet that may still be read for a while.
   */
  read(entry: Entry, found: string | undefined, began: { at: number; deletion: Entry["deletion"]; by: string }): "as told" | "behind" {
    this.counts.reads.acknowledged += 1;
    if (found === undefined) {
      if (entry.deletion === "none") this.lose(entry, `${began.by} did not find snippet ${entry.id}, which nobody deleted`);
      return "as told";
    }
    if (found !== entry.code) this.violate(`wrong: ${began.by} answered other code for snippet ${entry.id}`);
    return began.deletion === "acknowledged" ? this.#foundGone(entry, began) : "as told";
  }

  lose({ id }: Entry, what: string): void {
    this.lost.add(id);
    this.violate(`lost: ${what}`);
  }

  violate(what: string): void {
    this.violations.push(what);
  }

  #foundGone(entry: Entry, { at, by }: { at: number; by: string }): "as told" | "behind" {
    const staleMs = at - entry.deletedAt;
    this.staleReads += 1;
    this.longestStaleMs = Math.max(this.longestStaleMs, staleMs);
    const told = `stale: ${by} read snippet ${entry.id} ${staleMs.toFixed(0)} ms after its delete was acknowledged`;
    if (this.#staleMs === 0) {
      this.#suspects.push({ staleMs, told });
      return "as told";
    }
    if (staleMs <= tenTimes(this.#staleMs)) return "behind";
    this.violate(told);
    return "as told";
  }

  /**
   * Judges what was read of snippets that were gone where the fault promises that none is. To be called once all is over.
   * @param wasCutOff whether one of the servers took itself for cut off from Redis, as one may that was held up itself on a
   *   busy machine: what is promised then holds.
   */
  judge({ wasCutOff }: { wasCutOff: boolean }): void {
    for (const { staleMs, told } of this.#suspects.splice(0)) {
      if (!wasCutOff || staleMs > tenTimes(cutOffStaleMs)) this.violate(told);
    }
  }
}

/** A time that is promised is asserted ten times as wide. */
const tenTimes = (promisedMs: number) => 10 * promisedMs;

const none = (): Counts => ({ acknowledged: 0, refused: 0 });
