import { type CancelSignal, throwIfCancelled } from "../cancellation.js";
import { checkSnippetId, checkUserId, type SnippetId, type UserId } from "../domain/snippet.js";
import { notFound, permissionDenied } from "../errors.js";
import type { AdminChecker } from "../ports/admin-checker.js";
import type { Cache } from "../ports/cache.js";
import type { SnippetRepo } from "../ports/snippet-repo.js";

/** Deletes a snippet on behalf of an admin. */
export class DeleteSnippet {
  readonly #admins: AdminChecker;
  readonly #snippets: SnippetRepo;
  readonly #cache: Cache;

  constructor(ports: { admins: AdminChecker; snippets: SnippetRepo; cache: Cache }) {
    this.#admins = ports.admins;
    this.#snippets = ports.snippets;
    this.#cache = ports.cache;
  }

  /**
   * A call that is cancelled while the authority is asked deletes nothing.
   * @throws RunnerError INVALID_ARGUMENT, PERMISSION_DENIED (told before existence is), NOT_FOUND, UNAVAILABLE, or the
   *   cancellation of the signal.
   */
  async execute(command: { id: SnippetId; user: UserId }, options: { signal?: CancelSignal } = {}): Promise<void> {
    checkSnippetId(command.id);
    checkUserId(command.user);
    const isAdmin = await this.#admins.isAdmin(command.user, options);
    throwIfCancelled(options.signal);
    if (!isAdmin) throw permissionDenied(`user ${command.user} may not delete snippets`);
    const deleted = await this.#snippets.delete(command.id, command.user);
    // Also when nothing was deleted: another server may have died between its delete and its burial.
    await this.#cache.bury(command.id);
    if (!deleted) throw notFound(`snippet ${command.id} not found`);
  }
}
