/** `gorunner doctor`: what works here, what doesn't, and what mends it. */
import { access, constants, mkdir } from "node:fs/promises";
import { SsoAdminChecker } from "@gorunner/adapters-grpc";
import { checkRedis, openStore } from "@gorunner/adapters-storage";
import { asRunnerError, silentLogger, silentMetrics } from "@gorunner/core";
import { diagnose, type Finding } from "@gorunner/executor-go";
import type { Config } from "../config/config.js";
import { type CommandContext, configure, write } from "./command-context.js";

export interface DoctorOptions {
  config?: string;
}

/** @returns 1 when something that is needed is broken. @throws ConfigError. */
export async function doctor(context: CommandContext, options: DoctorOptions): Promise<number> {
  const { config, warnings, file } = await configure(context, options);
  const say = (diagnosis: Finding) => write(context.stdout, line(diagnosis));
  await say({
    name: "configuration",
    ok: warnings.length === 0,
    optional: true,
    detail: [file ?? "built-in defaults", ...warnings].join("; "),
  });

  let broken = false;
  for (const look of [lookAtCacheDirectory, lookAtExecutor, lookAtStore, lookAtRedis, lookAtSso]) {
    for (const diagnosis of await look(config)) {
      await say(diagnosis);
      broken ||= !diagnosis.ok && diagnosis.optional !== true;
    }
  }
  return broken ? 1 : 0;
}

function line({ name, ok, optional, detail, fix }: Finding): string {
  const verdict = ok ? "ok  " : optional === true ? "warn" : "FAIL";
  const remedy = ok || fix === undefined ? "" : `${" ".repeat(24)}→ ${fix}\n`;
  return `${verdict}  ${name.padEnd(16)}  ${detail}\n${remedy}`;
}

async function lookAtCacheDirectory({ executor: { cacheDir } }: Config): Promise<Finding[]> {
  try {
    await mkdir(cacheDir, { recursive: true });
    await access(cacheDir, constants.W_OK | constants.X_OK);
    return [{ name: "cache directory", ok: true, detail: cacheDir }];
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return [{ name: "cache directory", ok: false, detail: `${cacheDir}: ${why}`, fix: "make it writable, or set executor.cache_dir" }];
  }
}

async function lookAtExecutor({ executor }: Config): Promise<Finding[]> {
  return diagnose({ ...executor, concurrency: 1, warmSandboxes: 0, logger: silentLogger, metrics: silentMetrics });
}

async function lookAtStore({ store: { location, poolSize, timeoutMs } }: Config): Promise<Finding[]> {
  const fix = "start the database, or correct db_uri";
  return [
    await finding({ name: "store", fix }, async () => {
      const store = await openStore(location, { poolSize, timeoutMs, logger: silentLogger });
      try {
        await store.migrations.checkVersion();
        const pending = (await store.migrations.status()).filter(({ appliedAt }) => appliedAt === undefined);
        if (pending.length > 0)
          return `${store.describe()}; ${pending.length} migrations to apply: \`serve\` does, or \`gorunner migrate up\``;
        await store.check();
        return `${store.describe()}; every migration is applied`;
      } finally {
        await store.close();
      }
    }),
  ];
}

async function lookAtRedis({ redis }: Config): Promise<Finding[]> {
  if (redis === undefined) return [{ name: "cache", ok: true, detail: "in process" }];
  // Without it reads are slower and nothing else.
  const about = { name: "cache", optional: true, fix: "start Redis, or correct redis_addr" };
  return [await finding(about, () => checkRedis(redis).then(() => "Redis answers"))];
}

async function lookAtSso({ sso, admins }: Config): Promise<Finding[]> {
  if (sso === undefined) return [{ name: "admins", ok: true, detail: `a static list of ${admins.length}: auth.admins` }];
  const checker = new SsoAdminChecker({ ...sso, logger: silentLogger, metrics: silentMetrics });
  const about = { name: "admins", fix: "start the SSO service, or correct clients.sso.address" };
  try {
    return [await finding(about, () => checker.check().then(() => `the SSO service at ${sso.address} answers`))];
  } finally {
    checker.close();
  }
}

async function finding(about: { name: string; fix: string; optional?: boolean }, look: () => Promise<string>): Promise<Finding> {
  try {
    return { ...about, ok: true, detail: await look() };
  } catch (error) {
    return { ...about, ok: false, detail: asRunnerError(error).message };
  }
}
