/**
 * What a build leaves: one binary, or one for each package with tests. They stand one behind another in one file, with
 * their table of contents and a checksum at its end, where neither the loader nor the program looks; so that the cache
 * keeps and verifies them as one.
 */
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { Diagnostic } from "@gorunner/core";
import type { ProgramFile } from "../sandbox/tier.js";

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

/**
 * Behind the table: its length in bytes, the SHA-256 of all that is before that sum and of the key from which it was built,
 * and these, which say that there is one.
 */
const mark = Buffer.from("gorunner");
const sumBytes = 32;
const lengthBytes = 4;
const tailBytes = lengthBytes + sumBytes + mark.length;

/** Writes the table of contents behind the binaries. @throws Error when they are not what the table says. */
export async function seal(file: FileHandle, { tests, programs, vet, buildMs }: KeptProduct, key: string): Promise<void> {
  const { size } = await file.stat();
  const told = programs.reduce((sum, { bytes }) => sum + bytes, 0);
  if (told !== size) throw new Error(`the builder told of ${told} bytes, and left ${size}`);
  const table = Buffer.from(JSON.stringify({ tests, programs, vet, buildMs }));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(table.length);
  const sum = (await hashOf(file, size)).update(table).update(length).update(key).digest();
  const all = Buffer.concat([table, length, sum, mark]);
  await file.write(all, 0, all.length, size);
}

/**
 * @param expect is told of what the file says it is before that is verified, for what can be done meanwhile.
 * @returns undefined when the file is no product of that key, is not as it was sealed, or can't be executed by everybody.
 */
export async function readProduct(path: string, key: string, expect?: (product: KeptProduct) => void): Promise<KeptProduct | undefined> {
  const file = await open(path);
  try {
    const { size, mode } = await file.stat();
    if (size < tailBytes || (mode & 0o555) !== 0o555) return undefined;
    const tail = await readAt(file, size - tailBytes, tailBytes);
    if (!tail.subarray(-mark.length).equals(mark)) return undefined;
    const length = tail.readUInt32BE(0);
    if (length > size - tailBytes) return undefined;
    const product = parseTable(await readAt(file, size - tailBytes - length, length));
    if (product === undefined) return undefined;
    expect?.(product);
    const hash = await hashOf(file, size - sumBytes - mark.length);
    return hash.update(key).digest().equals(tail.subarray(lengthBytes, -mark.length)) ? product : undefined;
  } finally {
    await file.close();
  }
}

/** @returns undefined for what is no table. */
function parseTable(table: Buffer): KeptProduct | undefined {
  try {
    const product = JSON.parse(table.toString("utf8")) as Partial<KeptProduct> | null;
    return Array.isArray(product?.programs) ? (product as KeptProduct) : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** Of the first so many bytes, piece by piece: a binary in memory as a whole would stay there until the next collection. */
async function hashOf(file: FileHandle, bytes: number): Promise<Hash> {
  const hash = createHash("sha256");
  const piece = pieces.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
  try {
    for (let position = 0; position < bytes; ) {
      const { bytesRead } = await file.read(piece, 0, Math.min(pieceBytes, bytes - position), position);
      if (bytesRead === 0) throw new Error("a product is cut off");
      hash.update(piece.subarray(0, bytesRead));
      position += bytesRead;
    }
    return hash;
  } finally {
    pieces.push(piece);
  }
}

const pieceBytes = 512 * 1024;
/** Used again: as many as products were ever hashed at once. */
const pieces: Buffer[] = [];

/** Where in the product's file one of its binaries is. */
export function programIn({ programs }: Product, index: number): Omit<ProgramFile, "path"> {
  const offset = programs.slice(0, index).reduce((sum, { bytes }) => sum + bytes, 0);
  return { offset, bytes: programs[index]?.bytes ?? 0 };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw new Error("a product is cut off");
  return buffer;
}
