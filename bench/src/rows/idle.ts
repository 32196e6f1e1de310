/** What a server costs that nobody calls: one of its own, which has served nothing. */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Row } from "../bench.js";
import { descendants, rssMib } from "../server/process-figures.js";
import { startWarm } from "../server/start-server.js";
import { summaryOf } from "../statistics.js";
import { targets } from "../targets.js";

export const idle: Row = async ({ directory, places, counts, server: busy, progress }) => {
  progress("starting a server to leave alone");
  const server = await startWarm({ cacheDir: places.cacheDir, database: join(directory, "idle.db") });
  try {
    await pause(counts.idleMs);
    const below = descendants(server.pid);
    const total = below.reduce((sum, pid) => sum + rssMib(pid), 0);
    return {
      lines: [
        { work: "idle server", subject: "RSS", unit: "MiB", measured: summaryOf([rssMib(server.pid)]), target: targets.idleRss },
        { work: "idle server", subject: "RSS of its ready sandboxes", unit: "MiB", measured: { count: below.length, median: total } },
        { work: "the measured server at this point", subject: "RSS", unit: "MiB", measured: summaryOf([rssMib(busy.pid)]) },
      ],
      notes: ["Pages that processes share are counted for each."],
    };
  } finally {
    await server.stop();
  }
};
