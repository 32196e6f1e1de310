/** The contract kit: the rules of every port as tests that any adapter's author can run. */
export { adminCheckerContract, type OpenedAdminChecker, type OpenedWithoutAuthority } from "./admin-checker-contract.js";
export type { OpenedCache } from "./cache/opened-cache.js";
export { cacheContract } from "./cache-contract.js";
export { codeExecutorContract, type ExecutorGaps, type ExecutorSurroundings } from "./code-executor-contract.js";
export { codeFormatterContract } from "./code-formatter-contract.js";
export { InMemorySnippetRepo } from "./in-memory-snippet-repo.js";
export { loggerContract } from "./logger-contract.js";
export { metricsContract } from "./metrics-contract.js";
export { aRequest, hello, program, sourceFiles } from "./programs.js";
export { requestScopeContract } from "./request-scope-contract.js";
export { aKey, aSnippet, aStoredSnippet } from "./samples.js";
export { snippetRepoContract } from "./snippet-repo-contract.js";
export type { It, Opened } from "./suite.js";
