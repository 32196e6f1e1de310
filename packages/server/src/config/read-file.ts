/** Reads small text files: the configuration and `.env`. */
import { type FileHandle, open } from "node:fs/promises";
import { ConfigError } from "./config-error.js";

const maxBytes = 1024 * 1024;

/**
 * Anything that can be read, a pipe too, but never more than 1 MiB of it.
 * @returns undefined when there is no such file. @throws ConfigError when it can't be read, is larger, or is not UTF-8.
 */
export async function readTextFile(path: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    return decode(await head(file));
  } catch (error) {
    if (error instanceof ConfigError || !(error instanceof Error)) throw error;
    if ("code" in error && error.code === "ENOENT") return undefined;
    throw new ConfigError([`it can't be read: ${"code" in error ? error.code : error.message}`]);
  } finally {
    await file?.close();
  }
}

async function head(file: FileHandle): Promise<Uint8Array> {
  const buffer = new Uint8Array(maxBytes + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  throw new ConfigError(["it is larger than 1 MiB"]);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigError([`it is not UTF-8 text${error instanceof TypeError ? "" : `: ${String(error)}`}`]);
  }
}
