import { randomBytes } from "node:crypto";
import { StoreTimeLimit } from "@gorunner/adapters-storage";
import { DeleteSnippet, ExpireSnippets, GetSnippet, RunCode, ShareCode, StoreQuota } from "@gorunner/core";
import { ContainerModule } from "inversify";
import { EventLoopTurns } from "../lifecycle/event-loop-turns.js";
import { Readiness } from "../lifecycle/readiness.js";
import { tokens } from "./tokens.js";

/** The use cases, and whether they would succeed. */
export const coreModule = new ContainerModule(({ bind }) => {
  bind(tokens.turns)
    .toResolvedValue(() => new EventLoopTurns())
    .inSingletonScope();

  bind(tokens.useCases)
    .toResolvedValue(
      ({ store }, executor, snippets, cache, admins, metrics, quota, turns) => {
        const runCode = new RunCode({ executor, metrics, turns });
        return {
          runCode,
          shareCode: new ShareCode({
            runCode,
            snippets,
            cache,
            random: { bytes: randomBytes },
            quota,
            turns,
            snippetBytes: store.limits.snippetBytes,
          }),
          getSnippet: new GetSnippet({ snippets, cache, timeLimit: new StoreTimeLimit(store) }),
          deleteSnippet: new DeleteSnippet({ admins, snippets, cache }),
          expireSnippets: new ExpireSnippets({ snippets, cache }),
        };
      },
      [tokens.config, tokens.executor, tokens.snippets, tokens.cache, tokens.admins, tokens.metrics, tokens.storeQuota, tokens.turns],
    )
    .inSingletonScope();

  bind(tokens.storeQuota)
    .toResolvedValue(
      ({ store }, snippets, metrics, logger) => new StoreQuota({ snippets, metrics, logger, quotaBytes: store.limits.quotaBytes }),
      [tokens.config, tokens.snippets, tokens.metrics, tokens.logger],
    )
    .inSingletonScope();

  bind(tokens.readiness)
    .toResolvedValue((store, executor) => new Readiness({ store, executor }), [tokens.store, tokens.executor])
    .inSingletonScope();
});
