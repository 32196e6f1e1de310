import { type CancelSignal, throwIfCancelled } from "../cancellation.js";
import { checkPageSize, checkUserId, type UserId } from "../domain/snippet.js";
import { permissionDenied } from "../errors.js";
import type { AdminChecker } from "../ports/admin-checker.js";
import type { SnippetPage, SnippetRepo } from "../ports/snippet-repo.js";

/** Tells an admin what is stored, the newest first, page by page. */
export class ListSnippets {
  readonly #admins: AdminChecker;
  readonly #snippets: SnippetRepo;

  constructor(ports: { admins: AdminChecker; snippets: SnippetRepo }) {
    this.#admins = ports.admins;
    this.#snippets = ports.snippets;
  }

  /** @throws RunnerError INVALID_ARGUMENT, PERMISSION_DENIED, UNAVAILABLE, or the cancellation of the signal. */
  async execute(query: { user: UserId; after?: string; limit?: number }, options: { signal?: CancelSignal } = {}): Promise<SnippetPage> {
    const { user, after, limit = defaultPageSize } = query;
    checkUserId(user);
    checkPageSize(limit);
    const isAdmin = await this.#admins.isAdmin(user, options);
    throwIfCancelled(options.signal);
    if (!isAdmin) throw permissionDenied(`user ${user} may not list snippets`);
    return this.#snippets.list(after === undefined ? { limit } : { after, limit });
  }
}

const defaultPageSize = 50;
