import type { SnippetRepo } from "@gorunner/core";

/** Declares one case on an empty store. */
export type Check = (rule: string, body: (repo: SnippetRepo) => Promise<void>) => unknown;

/** The admins in whose name the cases delete; ids of users are int64. */
export const admin = 1n;
export const lastAdmin = 2n ** 63n - 1n;

export const longAgo = () => new Date("2001-02-03T04:05:06.789Z");
export const farAway = () => new Date("2199-12-31T23:59:59.999Z");
