import type { Snippet } from "@gorunner/core";

/** Whether the snippet is as if it were not there. The store's clock decides, and ours is taken to be no worse. */
export const hasExpired = ({ expiresAt }: Snippet) => expiresAt !== undefined && expiresAt.getTime() <= Date.now();
