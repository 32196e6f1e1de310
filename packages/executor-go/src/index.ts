/** The Go executor: a CodeExecutor on this machine's toolchain, in a sandbox. */
export { diagnose, type Finding } from "./diagnose.js";
export { type ExecutorStatus, GoExecutor, type GoExecutorOptions } from "./go-executor.js";
