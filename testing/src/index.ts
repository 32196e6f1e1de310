/** Real servers for tests. Nothing here knows Runner; everything here ends with the process that asked for it. */
export { debianPostgresDirectories, findBinary } from "./binaries.js";
export { testCacheDirectory } from "./cache-directory.js";
export { freePort } from "./free-port.js";
export { kitPostgres, kitRedis } from "./kit-servers.js";
export { ModuleGraph } from "./modules/module-graph.js";
export { aModule, aModuleOfEmptyFiles, type MadeModule, zipOf } from "./modules/module-zip.js";
export { type Answer, endless, TestProxy, text } from "./modules/test-proxy.js";
export { type FreshDatabase, freshDatabase, startPostgres, testPostgres } from "./postgres.js";
export { type FreshRedis, freshRedis, startRedis, testRedis } from "./redis.js";
export { TcpProxy, type Way } from "./tcp-proxy.js";
export type { TestServer } from "./test-server.js";
