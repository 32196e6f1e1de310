/** The supervisor's binary, as a prepared executor uses it. */
import { findToolchain } from "../src/toolchain/find-toolchain.js";
import { ensureGoTool } from "../src/toolchain/go-tools.js";
import { cacheDir, closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

export async function supervisorBinary(): Promise<string> {
  await sharedExecutor();
  await closeSharedExecutor();
  const toolchain = await findToolchain();
  const directory = `${cacheDir}/${toolchain.name}`;
  const { signal } = new AbortController();
  return ensureGoTool("supervisor", { toolchain, directory, buildCache: `${directory}/std`, signal });
}
