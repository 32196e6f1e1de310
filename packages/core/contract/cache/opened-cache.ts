import type { Cache } from "@gorunner/core";
import type { Opened } from "../suite.js";

/** A cache, and perhaps its clock. */
export interface OpenedCache extends Opened<Cache> {
  /**
   * Makes so much time pass for the cache, by its clock or its backend's. Without it, the case that needs this waits for
   * five seconds, and sees less.
   */
  passTime?(ms: number): Promise<unknown> | unknown;
}
