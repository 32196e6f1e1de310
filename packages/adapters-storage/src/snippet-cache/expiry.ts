import type { Snippet } from "@gorunner/core";

/** How long until the snippet is as if it were not there. The store's clock decides; ours is taken to agree. */
export const leftUntilExpiryMs = ({ expiresAt }: Snippet) =>
  expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt.getTime() - Date.now();

export const hasExpired = (snippet: Snippet) => leftUntilExpiryMs(snippet) <= 0;
