import { invalidArgument, maxInt64, type SnippetPage, type SnippetSummary } from "@gorunner/core";

/** What our stores have in common about pages: a cursor is the number of the last entry that was told. */
export function placeOf(cursor: string): bigint {
  const place = /^\d{1,19}$/.test(cursor) ? BigInt(cursor) : undefined;
  if (place === undefined || place > maxInt64) throw invalidArgument("the cursor is not one of this store's");
  return place;
}

/** @throws RunnerError INVALID_ARGUMENT for a place `seen` in the log of deletions that lies behind `last`, its end. */
export function checkPlace(seen: bigint, last: bigint): void {
  if (seen > last) throw invalidArgument("the cursor is not one of this store's");
}

/** `found` as a page of at most `limit`; what is more says that another page follows. */
export function pageOf(found: SnippetSummary[], limit: number): SnippetPage {
  const snippets = found.slice(0, limit);
  const last = snippets.at(-1);
  return found.length > limit && last !== undefined ? { snippets, next: `${last.id}` } : { snippets };
}
