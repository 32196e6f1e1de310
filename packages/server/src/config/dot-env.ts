/** `.env` in the working directory: loaded whole, and the real environment wins. */
import { join } from "node:path";
import { parse } from "dotenv";
import { ConfigError } from "./config-error.js";
import { readTextFile } from "./read-file.js";

/** Adds to `env` what `directory`'s `.env` says and `env` does not. @throws ConfigError when it is there but can't be read. */
export async function loadDotEnv(directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  const path = join(directory, ".env");
  try {
    for (const [name, value] of Object.entries(parse((await readTextFile(path)) ?? ""))) env[name] ??= value;
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.mistakes, path) : error;
  }
}
