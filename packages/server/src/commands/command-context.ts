/** What every command is given, and how it tells a person that it can't. */
import type { Readable, Writable } from "node:stream";
import { loadDotEnv } from "../config/dot-env.js";
import { type LoadedConfig, loadConfig } from "../config/load-config.js";

export interface CommandContext {
  env: NodeJS.ProcessEnv;
  /** The working directory. */
  directory: string;
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
}

/** Wrong use of a command: told in one line, exit code 2. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UsageError";
  }
}

/** Loads `.env`, then the configuration; warnings are the caller's to tell. */
export async function configure(context: CommandContext, options: { config?: string }): Promise<LoadedConfig> {
  await loadDotEnv(context.directory, context.env);
  return loadConfig({ file: options.config, env: context.env, directory: context.directory });
}

/** Resolves when the text or the bytes have been handed on. @throws what the stream failed with (EPIPE, say). */
export function write(stream: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

/** Tells on stderr, as the command line's own voice. */
export const tell = (context: CommandContext, message: string) => write(context.stderr, `gorunner: ${message}\n`);
