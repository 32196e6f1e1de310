/** What the number of stored snippets costs a reader of one that is in no cache, with the embedded SQLite store. */
import { DatabaseSync } from "node:sqlite";
import type { Row } from "../bench.js";
import { timed } from "../interleave.js";
import { hello } from "../programs.js";
import { median } from "../statistics.js";

const sizes = [1000, 3000, 10_000, 30_000, 100_000];
/** Enough for a median of something that takes a millisecond. */
const reads = 200;

export const stored: Row = async ({ clients, places, progress }) => {
  const series = (["gRPC", "REST"] as const).map((name) => ({ name, points: [] as { x: number; y: number }[] }));
  const first = await clients.gRPC.shareCode(hello().code);
  // The first calls of a kind are slower whatever is stored.
  for (let read = 0; read < reads; read++) for (const { name } of series) await clients[name].getCode(first);
  let count = 0;
  let unread = Number(first) + 1;
  for (const size of sizes) {
    progress(`with ${size} snippets`);
    store(places.database, size - count);
    count = size;
    const figures = { gRPC: [] as number[], REST: [] as number[] };
    const step = Math.max(1, Math.floor((Number(first) + size - unread) / (2 * reads)));
    for (let read = 0; read < reads; read++) {
      for (const { name } of series) {
        const id = BigInt(unread);
        unread += step;
        figures[name].push(await timed(() => clients[name].getCode(id)));
      }
    }
    for (const { name, points } of series) points.push({ x: size, y: median(figures[name]) });
  }
  const [x, y] = [
    { label: "stored snippets", logarithmic: true },
    { label: "ms, median", logarithmic: false },
  ];
  const notes = [`Each of ${reads} reads a point and transport is of a snippet never read before.`];
  return { lines: [], notes, curve: { title: "Reading by stored snippets", x, y, series } };
};

/** All in one transaction, beside the server: sharing so many through it would run them all. */
function store(file: string, snippets: number): void {
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    database.exec("begin immediate");
    const insert = database.prepare("insert into shared_codes (code, output, error, created_at) values (?, ?, '', ?)");
    for (let index = 0; index < snippets; index++) {
      const { code, output } = hello();
      insert.run(code, output, Date.now());
    }
    database.exec("commit");
  } finally {
    database.close();
  }
}
