import type { Metrics } from "@gorunner/core";

/** For commands that nobody measures. */
export const silentMetrics: Metrics = {
  requestHandled() {},
  executionEnded() {},
  buildCacheLookedUp() {},
  snippetCacheLookedUp() {},
  ssoAnswered() {},
  executorLoadChanged() {},
};
