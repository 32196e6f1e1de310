/** Storing a snippet: at the port, where nothing is executed, and by ShareCode; and what the number of those stored does to it. */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openStore, parseStoreUri, type SnippetStore } from "@gorunner/adapters-storage";
import { silentLogger, snippetKeyBytes, snippetKeyOf } from "@gorunner/core";
import type { Bench, Row } from "../bench.js";
import { perSecond } from "../load.js";
import { hello } from "../programs.js";
import { SqliteCommits } from "../references/sqlite-commits.js";
import { Pgbench } from "../references/storage-tools.js";
import type { Line } from "../result.js";
import { type Point, rateOf, summaryOf } from "../statistics.js";
import { type Backends, startBackends } from "../storage/backends.js";
import { postgresShelf, type Shelf, sqliteShelf } from "../storage/shelf.js";

const inFlight = 16;

interface Place {
  name: "SQLite" | "PostgreSQL";
  store: SnippetStore;
  shelf: Shelf;
  reference: { name: string; perSecond(): Promise<number> };
}

export const saves: Row = async (bench) => {
  const backends = await startBackends();
  const places: Place[] = [];
  try {
    places.push(await sqlitePlace(bench), await postgresPlace(bench, backends));
    const lines = [...(await atThePort(bench, places)), ...(await shared(bench))];
    const series = await growth(bench, places);
    return {
      lines,
      notes: [
        `${inFlight} saves in flight at the port, from the measuring process itself, each on the disk before it resolves; the shares are of a program seen before, which is run again each time.`,
      ],
      curve: {
        title: "Saves per second by stored snippets",
        x: { label: "stored snippets", logarithmic: true },
        y: { label: "saves per second", logarithmic: false },
        series,
      },
    };
  } finally {
    for (const { store, shelf } of places) {
      await shelf.close();
      await store.close();
    }
    await backends.stop();
  }
};

async function sqlitePlace({ directory, counts }: Bench): Promise<Place> {
  const file = join(directory, "saves.db");
  const store = await opened(`sqlite:${file}`);
  const commits = new SqliteCommits(join(directory, "commits.db"));
  return {
    name: "SQLite",
    store,
    shelf: sqliteShelf(file),
    reference: { name: "commits by node:sqlite", perSecond: async () => commits.perSecond(1000 * counts.toolSeconds) },
  };
}

async function postgresPlace({ directory, counts }: Bench, { postgresUrl }: Backends): Promise<Place> {
  const store = await opened(postgresUrl);
  const pgbench = await Pgbench.open(postgresUrl, { scale: 1, directory });
  return {
    name: "PostgreSQL",
    store,
    shelf: await postgresShelf(postgresUrl),
    reference: { name: "pgbench, inserts", perSecond: () => pgbench.inserts({ clients: inFlight, seconds: counts.toolSeconds }) },
  };
}

async function opened(uri: string): Promise<SnippetStore> {
  const store = await openStore(parseStoreUri(uri), { poolSize: 10, timeoutMs: 5000, logger: silentLogger });
  await store.migrations.up();
  return store;
}

const savesPerSecond = ({ repo }: SnippetStore, forMs: number) =>
  perSecond({ loops: inFlight, forMs }, () => {
    const { code, output } = hello();
    return repo.save({ key: snippetKeyOf(randomBytes(snippetKeyBytes)), code, output, error: "", toolchain: "go1.26" });
  });

async function atThePort({ counts, progress }: Bench, places: readonly Place[]): Promise<Line[]> {
  const figures = places.map((place) => ({ place, rates: [] as number[], beside: [] as number[] }));
  for (let window = 1; window <= counts.windows; window++) {
    progress(`window ${window} of ${counts.windows} at the port`);
    for (const { place, rates, beside } of figures) {
      rates.push(await savesPerSecond(place.store, counts.saveMs));
      beside.push(await place.reference.perSecond());
    }
  }
  return figures.map(({ place, rates, beside }) => ({
    work: "a save at the port",
    subject: place.name,
    unit: "/s",
    measured: rateOf(rates),
    reference: { name: place.reference.name, measured: summaryOf(beside) },
  }));
}

/** Beside running the same without storing it. */
async function shared({ clients, counts, cores, progress }: Bench): Promise<Line[]> {
  const seen = hello();
  await clients.gRPC.shareCode(seen.code);
  const rates = { gRPC: [] as number[], REST: [] as number[] };
  const runs = { gRPC: [] as number[], REST: [] as number[] };
  for (let window = 1; window <= counts.windows; window++) {
    progress(`window ${window} of ${counts.windows} of shares`);
    for (const name of ["gRPC", "REST"] as const) {
      const load = { loops: 2 * cores, forMs: counts.saveMs };
      rates[name].push(await perSecond(load, () => clients[name].shareCode(seen.code)));
      runs[name].push(await perSecond(load, () => clients[name].runCode(seen.code)));
    }
  }
  return (["gRPC", "REST"] as const).map((subject) => ({
    work: "ShareCode of a program seen before (SQLite)",
    subject,
    unit: "/s",
    measured: rateOf(rates[subject]),
    reference: { name: "RunCode of the same", measured: summaryOf(runs[subject]) },
  }));
}

async function growth({ counts, progress }: Bench, places: readonly Place[]): Promise<{ name: string; points: Point[] }[]> {
  const series = places.map((place) => ({ place, name: place.name, points: [] as Point[] }));
  let count = 0;
  for (const size of counts.stored) {
    progress(`with ${size} snippets`);
    for (const { place, points } of series) {
      await place.shelf.add(size - count);
      points.push({ x: size, y: await savesPerSecond(place.store, counts.saveMs) });
    }
    count = size;
  }
  return series.map(({ name, points }) => ({ name, points }));
}
