import type { Cache } from "@gorunner/core";
import { declareBurials } from "./cache/burials.js";
import { declareEntries } from "./cache/entries.js";
import type { OpenedCache } from "./cache/opened-cache.js";
import { declareOutage } from "./cache/outage.js";
import { declareSharing } from "./cache/sharing.js";
import type { It, Opened } from "./suite.js";

/**
 * Every rule of {@link Cache}. `open` gives an empty cache of its own each time, whose backend is there and has room
 * for a few snippets of 3 MiB; with it perhaps a way to make time pass.
 *
 * `openUnreachable` gives one whose backend is gone (absent for a cache that has none); `openSharing` two on one backend, as
 * two servers have them (absent for a cache that other processes don't share).
 */
export function cacheContract(
  it: It,
  open: () => Promise<OpenedCache>,
  openUnreachable?: () => Promise<Opened<Cache>>,
  openSharing?: () => Promise<Opened<[Cache, Cache]>>,
): void {
  declareEntries(it, open);
  declareBurials(it, open);
  if (openUnreachable !== undefined) declareOutage(it, openUnreachable);
  if (openSharing !== undefined) declareSharing(it, openSharing);
}
