/** The Go executor: a CodeExecutor on this machine's toolchain, in a sandbox. */
export type { BuildPath } from "./build/build-program.js";
export { diagnose, type Finding } from "./diagnose.js";
export { type ExecutorStatus, GoExecutor, type GoExecutorOptions } from "./go-executor.js";
export { parseModuleProxies } from "./modules/module-proxies.js";
export type { ModuleOptions } from "./modules/prepare-modules.js";
export type { ResourceChoice, SandboxChoice } from "./open-tier.js";
export { hostConcurrency, type Machine } from "./pool/capacity.js";
export { type Lack, lacksTold } from "./sandbox/host-lacks.js";
export { noWalls } from "./sandbox/no-tier.js";
export { maxStdinBytes } from "./source/check-request.js";
