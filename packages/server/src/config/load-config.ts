/** From a file and the environment to a settled configuration, or to everything that is wrong with it. */
import { resolve } from "node:path";
import type { z } from "zod";
import { type Config, settle } from "./config.js";
import { ConfigError } from "./config-error.js";
import { keysOf } from "./keys.js";
import { type Environment, isTree, type Merged, merge, unknownKeys } from "./merge.js";
import { readTextFile } from "./read-file.js";
import { readYaml } from "./read-yaml.js";
import { configSchema, secretKeys } from "./schema.js";
import { surroundingsOf } from "./surroundings.js";

export interface ConfigRequest {
  /** `--config FILE`; absent: CONFIG_PATH, else the defaults. */
  file?: string | undefined;
  env: Environment;
  /** Relative paths start here. */
  directory: string;
}

export interface LoadedConfig {
  config: Config;
  /** What is odd but can be lived with, for the log. */
  warnings: string[];
  /** Where it came from; absent: the defaults. */
  file: string | undefined;
}

/** @throws ConfigError with every mistake. */
export async function loadConfig(request: ConfigRequest): Promise<LoadedConfig> {
  const file = request.file ?? (request.env["CONFIG_PATH"] || undefined);
  try {
    const text = file === undefined ? undefined : await readTextFile(resolve(request.directory, file));
    if (file !== undefined && text === undefined) throw new ConfigError(["there is no such file"]);
    return { ...parseConfig(text, request.env), file };
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.mistakes, file) : error;
  }
}

/** @param text of the file; absent: there is none. @throws ConfigError with every mistake. */
export function parseConfig(text: string | undefined, env: Environment): { config: Config; warnings: string[] } {
  const tree = readYaml(text ?? "");
  const schema = configSchema(surroundingsOf(env, { hasFile: text !== undefined }));
  const keys = keysOf(schema);
  const merged = merge(tree, env, keys);
  const result = schema.safeParse(merged.tree);
  const unknown = unknownKeys(tree, keys);
  // A mistyped key may be the reason for a mistake elsewhere, so both are told.
  if (!result.success) throw new ConfigError([...result.error.issues.map((issue) => told(issue, merged)), ...unknown]);
  const { config, warnings } = settle(result.data);
  return { config, warnings: [...unknown, ...warnings] };
}

/** `grpc.port (RUNNER_GRPC_PORT): expected an integer from 0 to 65535, found "x"` */
function told(issue: z.core.$ZodIssue, merged: Merged): string {
  const name = issue.path.join(".");
  const variable = merged.fromVariable.get(name);
  const value = issue.path.reduce<unknown>((at, step) => (isTree(at) ? at[String(step)] : undefined), merged.tree);
  const message = issue.code === "custom" ? issue.message : "expected a mapping of keys to values";
  const found = secretKeys.has(name) ? "" : `, found ${shown(value)}`;
  return `${name}${variable === undefined ? "" : ` (${variable})`}: ${message}${found}`;
}

const maxShown = 80;

function shown(value: unknown): string {
  const text = JSON.stringify(value, plainNumber) ?? String(value);
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}…`;
}

const plainNumber = (_key: string, value: unknown) => {
  if (typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
};
