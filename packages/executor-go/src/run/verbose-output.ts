/**
 * The stdout of a test binary as `go test -v` shows it, from what it is under `-test.v=test2json`: without the marks, a
 * subtest's verdict below that of the test that it is part of, and without the lines that say for a machine whose turn it
 * is. All that the program itself wrote is kept, byte for byte.
 */
import { isBenchmark, type TestLine, testLineOf } from "../verdict/test-lines.js";
import { type Piece, TestMarks } from "../verdict/test-marks.js";

/** A line that is shown, and those that are shown below it, deeper by an indent each. */
interface Block {
  line: Buffer;
  below: readonly Block[];
}

const none = Buffer.alloc(0);
const indent = Buffer.from("    ");
/** Deeper ones are shown as they come. */
const maxDepth = 16;

export class VerboseOutput {
  readonly #marks = new TestMarks();
  /** The tests that run, and how deep they are. */
  readonly #running = new Map<string, number>();
  /** What is to be shown below a test's own verdict. */
  readonly #below = new Map<string, Block[]>();
  /** `=== NAME`, which is shown only where a log follows, and as much of the log's indent as has come. */
  #name: Buffer | undefined;
  #spaces = none;

  take(chunk: Buffer): Buffer {
    return Buffer.concat(this.#marks.take(chunk).map((piece) => this.#show(piece)));
  }

  /** What was held back when the process ended. */
  end(): Buffer {
    const last = this.#marks.end().map((piece) => this.#show(piece));
    return Buffer.concat([...last, this.#spaces, shownAt([...this.#below.values()].flat(), 1)]);
  }

  #show({ kind, data }: Piece): Buffer {
    const line = kind === "line" ? testLineOf(data) : undefined;
    if (line === undefined) return this.#text(data);
    const spaces = this.#spaces;
    this.#spaces = none;
    this.#name = undefined;
    return Buffer.concat([spaces, this.#line(line, data)]);
  }

  #text(data: Buffer): Buffer {
    if (this.#name === undefined) return data;
    const all = Buffer.concat([this.#spaces, data]);
    const start = all.subarray(0, indent.length);
    const isIndent = start.equals(indent.subarray(0, start.length));
    this.#spaces = isIndent && start.length < indent.length ? all : none;
    if (this.#spaces.length > 0) return none;
    const name = isIndent ? this.#name : none;
    this.#name = undefined;
    return Buffer.concat([name, all]);
  }

  #line(line: TestLine, data: Buffer): Buffer {
    if (line.kind === "verdict") return this.#verdict(line.name, data);
    if (line.kind === "end") return data;
    if (line.what === "NAME") {
      if (line.name !== "") this.#name = data;
      return none;
    }
    if (line.what !== "RUN") return data;
    if (isBenchmark(line.name)) return none;
    this.#running.set(line.name, this.#depth(this.#parent(line.name)) + 1);
    return data;
  }

  #verdict(name: string, data: Buffer): Buffer {
    const block: Block = { line: data, below: this.#below.get(name) ?? [] };
    const parent = this.#running.has(name) ? this.#parent(name) : undefined;
    this.#below.delete(name);
    this.#running.delete(name);
    if (parent === undefined || this.#depth(parent) >= maxDepth) return shownAt([block], 0);
    const siblings = this.#below.get(parent) ?? [];
    this.#below.set(parent, siblings);
    siblings.push(block);
    return none;
  }

  #depth(name: string | undefined): number {
    return name === undefined ? 0 : (this.#running.get(name) ?? 0);
  }

  /** The nearest test that it is part of; a subtest's own name may hold slashes too. */
  #parent(name: string): string | undefined {
    let at = name.lastIndexOf("/");
    for (let tries = 0; at > 0 && tries < maxDepth; tries++) {
      const parent = name.slice(0, at);
      if (this.#running.has(parent)) return parent;
      at = name.lastIndexOf("/", at - 1);
    }
    return undefined;
  }
}

/** A block as it is shown at `depth`: a test's depth has a limit, and so has this. */
function shownAt(blocks: readonly Block[], depth: number): Buffer {
  const shown: Buffer[] = [];
  collect(blocks, depth, shown);
  return Buffer.concat(shown);
}

function collect(blocks: readonly Block[], depth: number, shown: Buffer[]): void {
  for (const { line, below } of blocks) {
    if (depth > 0) shown.push(indentOf[depth] ?? none);
    shown.push(line);
    collect(below, depth + 1, shown);
  }
}

const indentOf = Array.from({ length: maxDepth + 2 }, (_, depth) => Buffer.alloc(depth * indent.length, " "));
