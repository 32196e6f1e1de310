/**
 * What a build leaves: one binary, or one for each package with tests. They stand one behind another in one file, with
 * their table of contents at its end, where neither the loader nor the program looks; so that the cache keeps and
 * verifies them as one.
 */
import { type FileHandle, open } from "node:fs/promises";
import type { Diagnostic } from "@gorunner/core";

export interface Product {
  /** Whether the programs are test binaries. */
  tests: boolean;
  programs: BuiltProgram[];
  /** What go vet found; absent where it was not asked. */
  vet?: Diagnostic[];
}

/** As it is kept. */
export interface KeptProduct extends Product {
  /** How long its build took. */
  buildMs: number;
}

export interface BuiltProgram {
  /** Its import path; empty where it has none. */
  package: string;
  /** The folder of its files, relative, `.` for the root. */
  directory: string;
  /** 0 for one that could not be built. */
  bytes: number;
  /** Why it could not be built; of several some always could. */
  unbuilt?: Unbuilt;
}

export interface Unbuilt {
  /** What the toolchain said, cleaned; what it said of another package too is with the first. */
  output: string;
  diagnostics: Diagnostic[];
}

/** Behind the table: its length in bytes, and these, which say that there is one. */
const mark = Buffer.from("gorunner");
const tailBytes = 4 + mark.length;

/** Writes the table of contents behind the binaries. @throws Error when they are not what the table says. */
export async function seal(file: FileHandle, { tests, programs, vet, buildMs }: KeptProduct): Promise<void> {
  const { size } = await file.stat();
  const told = programs.reduce((sum, { bytes }) => sum + bytes, 0);
  if (told !== size) throw new Error(`the builder told of ${told} bytes, and left ${size}`);
  const table = Buffer.from(JSON.stringify({ tests, programs, vet, buildMs }));
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(table.length);
  const all = Buffer.concat([table, tail, mark]);
  await file.write(all, 0, all.length, size);
}

/** @throws Error when the file is no product. */
export async function readProduct(path: string): Promise<KeptProduct> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await readAt(file, size - tailBytes, tailBytes);
    if (!tail.subarray(4).equals(mark)) throw new Error(`${path} has no table of contents`);
    const length = tail.readUInt32BE(0);
    const table = await readAt(file, size - tailBytes - length, length);
    return JSON.parse(table.toString("utf8")) as KeptProduct;
  } finally {
    await file.close();
  }
}

/** Copies one of the product's binaries to a file of its own. */
export async function extract(path: string, { programs }: Product, index: number, to: string): Promise<void> {
  const start = programs.slice(0, index).reduce((sum, { bytes }) => sum + bytes, 0);
  const end = start + (programs[index]?.bytes ?? 0) - 1;
  const from = await open(path);
  const copy = await open(to, "wx", 0o755);
  try {
    await copy.writeFile(from.createReadStream({ start, end, autoClose: false }));
  } finally {
    await copy.close();
    await from.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, Math.max(0, position));
  if (bytesRead !== length) throw new Error("a product is cut off");
  return buffer;
}
