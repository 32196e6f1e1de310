/** The use cases wired by hand, for programs that embed Runner without a container. */
import type { AdminChecker } from "./ports/admin-checker.js";
import type { Cache } from "./ports/cache.js";
import type { CodeExecutor } from "./ports/code-executor.js";
import type { Metrics } from "./ports/metrics.js";
import type { Random } from "./ports/random.js";
import type { SnippetRepo } from "./ports/snippet-repo.js";
import type { TimeLimit } from "./ports/time-limit.js";
import type { Turns } from "./ports/turns.js";
import { DeleteSnippet } from "./use-cases/delete-snippet.js";
import { ExpireSnippets } from "./use-cases/expire-snippets.js";
import { GetSnippet } from "./use-cases/get-snippet.js";
import { ListSnippets } from "./use-cases/list-snippets.js";
import { RunCode } from "./use-cases/run-code.js";
import { ShareCode } from "./use-cases/share-code.js";

export interface Ports {
  executor: CodeExecutor;
  snippets: SnippetRepo;
  cache: Cache;
  admins: AdminChecker;
  metrics: Metrics;
  random: Random;
  /** Bounds what reads of snippets wait for, and closing for what they have read; see {@link GetSnippet}. */
  timeLimit?: TimeLimit;
  /** Between slices of work on long texts; unless given, it is all done at once. */
  turns?: Turns;
}

export interface Runner {
  runCode: RunCode;
  shareCode: ShareCode;
  getSnippet: GetSnippet;
  deleteSnippet: DeleteSnippet;
  listSnippets: ListSnippets;
  /** To be executed now and then, where snippets expire. */
  expireSnippets: ExpireSnippets;
  /**
   * Closes every port that has a `close` method, the executor first, one after another; the cache when it has been filled
   * with all that was read.
   * All are closed even if one fails; the first failure is then thrown.
   */
  close(): Promise<void>;
}

export function createRunner(ports: Ports): Runner {
  const runCode = new RunCode(ports);
  const getSnippet = new GetSnippet(ports);
  return {
    runCode,
    shareCode: new ShareCode({ ...ports, runCode }),
    getSnippet,
    deleteSnippet: new DeleteSnippet(ports),
    listSnippets: new ListSnippets(ports),
    expireSnippets: new ExpireSnippets(ports),
    close: () => closeAll([ports.executor, getSnippet, ports.cache, ports.snippets, ports.admins, ports.metrics]),
  };
}

async function closeAll(parts: object[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) {
    if (!("close" in part) || typeof part.close !== "function") continue;
    try {
      await part.close();
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw failures[0];
}
