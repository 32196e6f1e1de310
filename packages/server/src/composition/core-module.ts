import { randomBytes } from "node:crypto";
import { StoreTimeLimit } from "@gorunner/adapters-storage";
import { DeleteSnippet, ExpireSnippets, GetSnippet, RunCode, ShareCode } from "@gorunner/core";
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
      ({ store }, executor, snippets, cache, admins, metrics, turns) => {
        const runCode = new RunCode({ executor, metrics, turns });
        return {
          runCode,
          shareCode: new ShareCode({ runCode, snippets, cache, random: { bytes: randomBytes }, turns }),
          getSnippet: new GetSnippet({ snippets, cache, timeLimit: new StoreTimeLimit(store) }),
          deleteSnippet: new DeleteSnippet({ admins, snippets, cache }),
          expireSnippets: new ExpireSnippets({ snippets, cache }),
        };
      },
      [tokens.config, tokens.executor, tokens.snippets, tokens.cache, tokens.admins, tokens.metrics, tokens.turns],
    )
    .inSingletonScope();

  bind(tokens.readiness)
    .toResolvedValue((store, executor) => new Readiness({ store, executor }), [tokens.store, tokens.executor])
    .inSingletonScope();
});
