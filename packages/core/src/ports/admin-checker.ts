import type { CancelSignal } from "../cancellation.js";
import type { UserId } from "../domain/snippet.js";

/** Who may delete snippets. Fails closed: a doubt is an error, never a yes. */
export interface AdminChecker {
  /**
   * @returns false for a user that does not exist.
   * @throws RunnerError UNAVAILABLE when the authority can't be reached or gives no clear answer; the cancellation of
   *   `signal`, as soon as it is aborted, from a checker that asks somebody.
   */
  isAdmin(user: UserId, options?: { signal?: CancelSignal }): Promise<boolean>;
}
