/**
 * Runs programs as pid 1 of a pid namespace, which reaps nobody that it did not start, as a server in a container may
 * be; then prints the names of the processes that are dead and that nobody has reaped. Argument: a cache directory.
 */
import { readdirSync, readFileSync } from "node:fs";
import { silentLogger as logger, silentMetrics as metrics } from "@gorunner/core";
import { GoExecutor } from "@gorunner/executor-go";

const executor = new GoExecutor({
  concurrency: 2,
  queue: 9,
  queueTimeoutMs: 60_000,
  sourceBytes: 9999,
  cacheDir: process.argv[2] ?? "",
  logger,
  metrics,
});
const run = (body, options) =>
  executor.execute(
    { files: [{ path: "prog.go", content: Buffer.from(`package main\n\nfunc main() {${body}}\n`) }], mode: "run", clock: "real" },
    options,
  );

// Interrupted, its compilers would be orphans: they end with the server, which is when nobody cares.
await executor.whenComplete();
for (let round = 0; round < 3; round++) await run("println(1)");
for (let round = 0; round < 3; round++) {
  const controller = new AbortController();
  await run("println(1); for {}", { signal: controller.signal, onEvent: () => controller.abort() }).catch(() => undefined);
}
await executor.close();
const stats = readdirSync("/proc")
  .filter((name) => /^\d+$/.test(name))
  .map((pid) => readFileSync(`/proc/${pid}/stat`, "utf8"));
console.log(JSON.stringify(stats.filter((stat) => / Z /.test(stat)).map((stat) => /\((.*)\)/.exec(stat)?.[1])));
