import { openSnippetCache, openStore } from "@gorunner/adapters-storage";
import { ContainerModule } from "inversify";
import { tokens } from "./tokens.js";

export const storageModule = new ContainerModule(({ bind }) => {
  bind(tokens.store)
    .toResolvedValue(
      ({ store }, logger) => openStore(store.location, { poolSize: store.poolSize, timeoutMs: store.timeoutMs, logger }),
      [tokens.config, tokens.logger],
    )
    .inSingletonScope();

  bind(tokens.snippets)
    .toResolvedValue((store) => store.repo, [tokens.store])
    .inSingletonScope();

  bind(tokens.cache)
    .toResolvedValue(
      ({ redis }, snippets, logger, metrics) => openSnippetCache({ ...(redis && { redis }), snippets, logger, metrics }),
      [tokens.config, tokens.snippets, tokens.logger, tokens.metrics],
    )
    .inSingletonScope();
});
