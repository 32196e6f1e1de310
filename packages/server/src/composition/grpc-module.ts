import { createGrpcServer, SsoAdminChecker, StaticAdminChecker } from "@gorunner/adapters-grpc";
import { ContainerModule } from "inversify";
import { tokens } from "./tokens.js";

export const grpcModule = new ContainerModule(({ bind }) => {
  bind(tokens.admins)
    .toResolvedValue(
      ({ sso, admins }, logger, metrics) =>
        sso === undefined ? new StaticAdminChecker(admins) : new SsoAdminChecker({ ...sso, logger, metrics }),
      [tokens.config, tokens.logger, tokens.metrics],
    )
    .inSingletonScope();

  bind(tokens.grpcServer)
    .toResolvedValue(
      ({ grpc }, useCases, metrics, logger, scope, turns) =>
        createGrpcServer({ useCases, metrics, logger, scope, turns, limits: grpc.limits }),
      [tokens.config, tokens.useCases, tokens.metrics, tokens.logger, tokens.scope, tokens.turns],
    )
    .inSingletonScope();
});
