import type { UserId } from "../domain/snippet.js";

/** Who may delete snippets. Fails closed: a doubt is an error, never a yes. */
export interface AdminChecker {
  /**
   * @returns false for a user that does not exist.
   * @throws RunnerError UNAVAILABLE when the authority can't be reached or gives no clear answer.
   */
  isAdmin(user: UserId): Promise<boolean>;
}
