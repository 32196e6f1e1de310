/** The server for programs that start it themselves; the command line is `cli.ts`. */
export type { Config, Env } from "./config/config.js";
export { ConfigError } from "./config/config-error.js";
export { type ConfigRequest, type LoadedConfig, loadConfig } from "./config/load-config.js";
export { type Listening, Server, type ServerOptions } from "./lifecycle/server.js";
export { PinoLogger } from "./logging/pino-logger.js";
export { AsyncRequestScope } from "./logging/request-scope.js";
