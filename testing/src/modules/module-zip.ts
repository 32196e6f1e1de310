/** Modules made for a test, as a proxy serves them, with the sum that go.sum has for them (golang.org/x/mod's dirhash and zip). */
import { createHash } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";

export interface MadeModule {
  zip: Buffer;
  /** The lines of go.sum. */
  sums: string;
  mod: string;
}

/**
 * @param files by their names inside the module; `go.mod` is added
 * @param links the same, of symbolic links, with what they point to
 */
export function aModule(
  path: string,
  version: string,
  files: Record<string, Buffer | string>,
  links: Record<string, string> = {},
): MadeModule {
  const mod = `module ${path}\n\ngo 1.20\n`;
  const all = Object.entries({ "go.mod": mod, ...files, ...links }).map(([name, content]) => ({
    name: `${path}@${version}/${name}`,
    content: Buffer.from(content),
    isLink: name in links,
  }));
  const sums = [`${path} ${version} ${hash1(all)}`, `${path} ${version}/go.mod ${hash1([{ name: "go.mod", content: Buffer.from(mod) }])}`];
  return { zip: zipOf(all), sums: `${sums.join("\n")}\n`, mod };
}

/** One with so many empty files, a thousand in each of its folders, and others. */
export const aModuleOfEmptyFiles = (path: string, version: string, count: number, others: Record<string, string> = {}): MadeModule => {
  const empty = Array.from({ length: count }, (_, index) => [`${Math.floor(index / 1000)}/${index}`, ""]);
  return aModule(path, version, { ...Object.fromEntries(empty), ...others });
};

/** The line of go.sum about a go.mod. */
export const modSum = (path: string, version: string, mod: string) =>
  `${path} ${version}/go.mod ${hash1([{ name: "go.mod", content: Buffer.from(mod) }])}\n`;

interface Entry {
  name: string;
  content: Buffer;
  /** A symbolic link, as Unix has it in a zip file: its content is where it points. */
  isLink?: boolean;
}

function hash1(entries: Entry[]): string {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = sorted.map(({ name, content }) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`);
  return `h1:${createHash("sha256").update(lines.join("")).digest("base64")}`;
}

/** A zip file with the least that readers want (APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16). */
export function zipOf(entries: Entry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, isLink = false } of entries) {
    // To deflate nothing takes two bytes, and time that many empty files have not.
    const data = content.length === 0 ? content : deflateRawSync(content);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(content.length === 0 ? 0 : 8, 4);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = [Buffer.from("PK\x03\x04"), shared, Buffer.from(name), data];
    const rest = Buffer.alloc(14);
    // S_IFLNK, and 0777.
    if (isLink) rest.writeUInt32LE(0xa1ff * 2 ** 16, 6);
    rest.writeUInt32LE(offset, 10);
    const madeBy = isLink ? "\x03" : "\0";
    directory.push(Buffer.from(`PK\x01\x02\x14${madeBy}`, "latin1"), shared, rest, Buffer.from(name));
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  // Readers take it modulo 2^16.
  end.writeUInt16LE(entries.length % 2 ** 16, 8);
  end.writeUInt16LE(entries.length % 2 ** 16, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}
