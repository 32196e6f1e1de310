/** gRPC: the service `runner.Runner`, and who is an admin by the SSO service or by a list. */

export { logGrpcLibraryTo } from "./library-log.js";
export { createGrpcServer, type GrpcServer, type GrpcServerOptions } from "./server/grpc-server.js";
export { defaultGrpcLimits, type GrpcLimits } from "./server/limits.js";
export type { ListenAddress } from "./server/listener.js";
export type { UseCases } from "./server/runner-service.js";
export { SsoAdminChecker, type SsoAdminCheckerOptions } from "./sso/sso-admin-checker.js";
export { StaticAdminChecker } from "./sso/static-admin-checker.js";
