import type { AdminChecker, UserId } from "@gorunner/core";

/** Admins from a list, for installations without an SSO service. */
export class StaticAdminChecker implements AdminChecker {
  readonly #admins: ReadonlySet<UserId>;

  constructor(admins: Iterable<UserId>) {
    this.#admins = new Set(admins);
  }

  async isAdmin(user: UserId): Promise<boolean> {
    return this.#admins.has(user);
  }
}
