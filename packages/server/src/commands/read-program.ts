/** What `gorunner run` is given: the program's files, and its standard input. */
import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Readable } from "node:stream";
import { decodeUtf8, invalidArgument, mainFile, type SourceFile, splitProgramText } from "@gorunner/core";
import { type CommandContext, tell, UsageError } from "./command-context.js";

/** Where the program comes from the standard input. */
const standardInput = "-";

/**
 * The files of the program: of a text in the txtar format each that it holds, else the one, under its own name where it
 * has one.
 * @throws UsageError for a file that can't be read; RunnerError INVALID_ARGUMENT for names that are not allowed in a text,
 *   and for more than `maxBytes`.
 */
export async function readProgram(context: CommandContext, file: string, maxBytes: number): Promise<SourceFile[]> {
  const content = file === standardInput ? await readAll(context.stdin, maxBytes) : await readSource(context, file);
  // Said here and not by the executor: of a longer standard input only the beginning has been read, which might be a program too.
  if (content.length > maxBytes)
    throw invalidArgument(`the program has more than ${maxBytes} bytes of source, the limit (executor.source)`);
  const files = isUtf8(content) ? splitProgramText(decodeUtf8(content)) : [];
  const hasMarkers = files.length > 0 && files[0]?.content.length !== content.length;
  return hasMarkers ? files : [{ path: file.endsWith(".go") ? basename(file) : mainFile, content }];
}

/**
 * What the program may read, unless the program itself came that way or somebody sits there typing. It is read to its end
 * first: the engine takes it whole.
 */
export async function readInput(context: CommandContext, file: string, maxBytes: number): Promise<Uint8Array> {
  if (file === standardInput || ("isTTY" in context.stdin && context.stdin.isTTY)) return new Uint8Array();
  const hint = setTimeout(() => void tell(context, "reading the program's input until it ends; without any: < /dev/null"), hintMs);
  try {
    return await readAll(context.stdin, maxBytes);
  } finally {
    clearTimeout(hint);
  }
}

const hintMs = 2_000;

async function readSource(context: CommandContext, file: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(context.directory, file));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const why = error.code === "ENOENT" ? "there is no such file" : `it can't be read (${error.code})`;
    throw new UsageError(`${file}: ${why}`, { cause: error });
  }
}

/** All of a stream, or enough of it to see that it is too much. */
async function readAll(stream: Readable, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks);
}
