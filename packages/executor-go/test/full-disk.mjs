// Started with a work directory of a few MiB at its end (see tiers/leftovers.spec.ts): executes programs while that is full, and
// afterwards. Its output is what they came to, as JSON.
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { register } from "tsx/esm/api";

register();
const { GoExecutor } = await import("../src/index.ts");
const { executorOptions } = await import("./shared-executor.ts");
const { aRequest, program } = await import("@gorunner/core/contract");

const [, , cacheDir] = process.argv;
const executor = new GoExecutor(executorOptions({ cacheDir, warmSandboxes: 0, preloadLinker: false }));
await executor.prepare();
const work = join(cacheDir, "work");
const fresh = () => aRequest(program(["fmt"], `fmt.Println("${randomBytes(8).toString("hex")}")`));
const told = (request) =>
  executor.execute(request).then(
    ({ outcome }) => outcome,
    (error) => error.code,
  );
/** Below the folders of servers, which stay while the folders of runs go. */
const hasRuns = async () => {
  const servers = (await readdir(work, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = await Promise.all(servers.map(({ name }) => readdir(join(work, name))));
  return names.flat().some((name) => /^run-[^.]*$/.test(name));
};
const seen = { before: await told(fresh()), full: [], after: "" };
// Filled up to the last block, to half a binary, and to all but the last MiB.
for (const leftBytes of [0, 500_000, 1_000_000]) {
  // The answer goes out before the files go away.
  while (await hasRuns()) await pause(10);
  const { bavail, bsize } = await statfs(work);
  await mkdir(join(work, "filler"));
  await writeFile(join(work, "filler", "file"), Buffer.alloc(Math.max(0, bavail * bsize - leftBytes - 2 * bsize)));
  seen.full.push(await told(fresh()));
  await rm(join(work, "filler"), { recursive: true });
}
seen.after = await told(fresh());
await executor.close();
console.log(JSON.stringify(seen));
