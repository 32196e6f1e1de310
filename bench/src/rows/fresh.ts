/** A machine on which nothing of ours has run yet: how long its first user waits. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { grpcClient } from "@gorunner/e2e/support/clients.js";
import { type Row, runBy } from "../bench.js";
import { timed } from "../interleave.js";
import { hello } from "../programs.js";
import { reportOf, type ServerReport } from "../server/server-report.js";
import { startListening } from "../server/start-server.js";
import { summaryOf } from "../statistics.js";
import { targets } from "../targets.js";

export const fresh: Row = async ({ directory, counts, progress }) => {
  const seconds: number[] = [];
  let last: ServerReport | undefined;
  for (let round = 1; round <= counts.fresh; round++) {
    progress(`round ${round} of ${counts.fresh}`);
    const place = await mkdtemp(join(directory, "fresh-"));
    await chmod(place, 0o755);
    const server = await startListening({ database: join(place, "runner.db"), cacheDir: join(place, "cache") });
    const client = grpcClient(server.grpc);
    try {
      const report = await reportOf(server);
      seconds.push((await timed(() => runBy(client, hello()))) / 1000);
      last = await report();
    } finally {
      client.close();
      await server.stop();
      await rm(place, { recursive: true, force: true });
    }
  }
  return {
    lines: [
      {
        work: "empty cache_dir: from listening to the first hello",
        subject: "gRPC",
        unit: "s",
        measured: summaryOf(seconds),
        target: targets.freshHello,
      },
    ],
    ...(last === undefined ? {} : { server: last }),
    notes: ["The files of the toolchain are in the page cache, as the rest of the bench has left them."],
  };
};
