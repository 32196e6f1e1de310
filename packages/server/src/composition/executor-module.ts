import { GoExecutor } from "@gorunner/executor-go";
import { ContainerModule } from "inversify";
import { tokens } from "./tokens.js";

export const executorModule = new ContainerModule(({ bind }) => {
  bind(tokens.executor)
    .toResolvedValue(
      ({ executor }, logger, metrics, turns) => new GoExecutor({ ...executor, logger, metrics, turns }),
      [tokens.config, tokens.logger, tokens.metrics, tokens.turns],
    )
    .inSingletonScope();
});
