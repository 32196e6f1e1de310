/** Clears the control groups of a server that is no more. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { controlGroupsOf } from "./find-cgroups.js";

const run = promisify(execFile);

/**
 * Ends what still lives in them, and removes them.
 * @param owner what their names begin with, see Cgroups.
 * @param supervisor the binary that can do that.
 */
export async function clearControlGroups(owner: string, supervisor: string): Promise<void> {
  const groups = await controlGroupsOf(owner);
  if (groups.length > 0) await run(supervisor, ["remove-groups", ...groups], { env: {}, cwd: "/" });
}
