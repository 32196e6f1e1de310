import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openStore, parseStoreUri, type SnippetStore } from "@gorunner/adapters-storage";
import { type LogFields, type Logger, type Metrics, silentLogger } from "@gorunner/core";
import { freshDatabase } from "@gorunner/testing";

export const timeoutMs = 5000;

/** Every migration, in order. */
export const steps = ["0001-shared-codes", "0002-keys-and-deletions", "0003-stored-bytes"];

/** Opens the store at `dbUri`, not migrated. */
export const openAt = (dbUri: string, options: { timeoutMs?: number; poolSize?: number; logger?: Logger } = {}): Promise<SnippetStore> =>
  openStore(parseStoreUri(dbUri), { poolSize: 5, timeoutMs, logger: silentLogger, ...options });

/** A migrated store in a PostgreSQL database of its own, on that server or the test run's. */
export async function freshPostgresStore({ server, ...options }: { logger?: Logger; server?: Promise<{ url: string }> } = {}) {
  const database = await freshDatabase(server);
  const store = await openAt(database.url, options);
  await store.migrations.up();
  const close = async () => {
    await store.close();
    await database.drop();
  };
  return { store, url: database.url, close };
}

/** The path of a file in a new directory. */
export function temporaryFile(name: string) {
  const directory = mkdtempSync(join(tmpdir(), "gorunner-storage-"));
  return { path: join(directory, name), remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A migrated store in a SQLite file of its own. */
export async function freshSqliteStore() {
  const file = temporaryFile("runner.db");
  const store = await openAt(`sqlite:${file.path}`);
  await store.migrations.up();
  const close = async () => {
    await store.close();
    file.remove();
  };
  return { store, path: file.path, close };
}

export type CacheMetrics = Pick<Metrics, "snippetCacheLookedUp">;
export const noMetrics: CacheMetrics = { snippetCacheLookedUp() {} };

/** Metrics that remember, as `redis hit`. */
export function recordingMetrics() {
  const lookups: string[] = [];
  const metrics: CacheMetrics = { snippetCacheLookedUp: ({ layer, result }) => lookups.push(`${layer} ${result}`) };
  return { lookups, metrics };
}

/** A logger that remembers, as `warn Redis is unavailable`. */
export function recordingLogger() {
  const lines: string[] = [];
  const fields: (LogFields | undefined)[] = [];
  const at = (level: string) => (message: string, lineFields?: LogFields) => {
    lines.push(`${level} ${message}`);
    fields.push(lineFields);
  };
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { lines, fields, logger };
}

/** Retries `assertion` until it holds, for at most ten seconds. */
export async function eventually(assertion: () => Promise<void> | void): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      return await assertion();
    } catch (failure) {
      if (performance.now() > deadline) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What `assert.rejects` takes: a RunnerError of that code whose message matches. */
export const runnerError = (code: string, message = /./) => ({ name: "RunnerError", code, message });

/** Runs `up` on the database in that many processes of their own at once. @returns what each says it applied. */
export async function migrateInProcesses(dbUri: string, count: number): Promise<string[][]> {
  const run = promisify(execFile);
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const results = await Promise.all(
    Array.from({ length: count }, () => run(process.execPath, ["--input-type=module", "--eval", migrateScript, dbUri], { cwd })),
  );
  return results.map(({ stdout }): string[] => JSON.parse(stdout));
}

const migrateScript = `
  import { openStore, parseStoreUri } from "@gorunner/adapters-storage";
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const store = await openStore(parseStoreUri(process.argv[1]), { poolSize: 2, timeoutMs: 5000, logger });
  console.log(JSON.stringify(await store.migrations.up()));
  await store.close();`;
