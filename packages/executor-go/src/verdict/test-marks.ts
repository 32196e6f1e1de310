/**
 * Takes apart the stdout of a test binary under `-test.v=test2json`, however it was cut: Go's testing package then puts
 * the byte 0x16 before each line of its own about a test, in mid-line too, after what a test printed without a newline.
 *
 * A program that writes such a line with its mark can't be told from Go itself; neither can it by Go's own tool.
 */

/** What the program wrote, or a whole line of Go's own without its mark. */
export type Piece = { kind: "text"; data: Buffer } | { kind: "line"; data: Buffer };

const mark = 0x16;
const newline = 0x0a;
const starts = ["=== ", "--- ", "PASS\n", "FAIL\n"].map((start) => Buffer.from(start));
/** As in Go's tool; a longer one is no line of Go's. */
const maxLineBytes = 4096;

export class TestMarks {
  /** From a mark on, while more is to come. */
  #held: Buffer[] = [];
  #heldBytes = 0;

  take(chunk: Buffer): Piece[] {
    const pieces: Piece[] = [];
    let rest = chunk;
    while (rest.length > 0) rest = this.#heldBytes === 0 ? this.#text(rest, pieces) : this.#line(rest, pieces);
    return pieces.filter(({ data }) => data.length > 0);
  }

  /** What was held when the stream ended: no whole line. */
  end(): Piece[] {
    return this.#heldBytes === 0 ? [] : [this.#unfinished()];
  }

  #text(data: Buffer, pieces: Piece[]): Buffer {
    const at = markedAt(data);
    pieces.push({ kind: "text", data: at === -1 ? data : data.subarray(0, at) });
    if (at === -1) return Buffer.alloc(0);
    this.#hold(data.subarray(at, at + 1));
    return data.subarray(at + 1);
  }

  /** Takes as much of `data` as belongs to what is held, and returns the rest. */
  #line(data: Buffer, pieces: Piece[]): Buffer {
    if (this.#heldBytes <= startBytes) {
      const start = Buffer.concat([...this.#held, data.subarray(0, startBytes + 1 - this.#heldBytes)]).subarray(1);
      if (!starts.some((one) => isStart(one, start))) {
        pieces.push(this.#unfinished());
        return data;
      }
    }
    const fitting = data.subarray(0, maxLineBytes - this.#heldBytes);
    const end = lineEnd(fitting);
    const isWhole = fitting[end] === newline;
    const taken = end === -1 ? fitting.length : isWhole ? end + 1 : end;
    this.#hold(data.subarray(0, taken));
    if (isWhole) pieces.push({ kind: "line", data: this.#release().subarray(1) });
    else if (end !== -1 || this.#heldBytes === maxLineBytes) pieces.push(this.#unfinished());
    return data.subarray(taken);
  }

  /** A mark that stands before no start of Go's is the program's own. */
  #unfinished(): Piece {
    const data = this.#release();
    return { kind: "text", data: startsLine(data) ? data.subarray(1) : data };
  }

  #hold(data: Buffer): void {
    this.#held.push(data);
    this.#heldBytes += data.length;
  }

  #release(): Buffer {
    const data = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return data;
  }
}

/** So many bytes after the mark tell whether a line is of Go's. */
const startBytes = 5;

const isStart = (start: Buffer, data: Buffer) => {
  const bytes = Math.min(start.length, data.length);
  for (let at = 0; at < bytes; at++) if (start[at] !== data[at]) return false;
  return true;
};

/** The first mark that a line of Go's may follow, as far as `data` goes; -1: none. Other marks are the program's own. */
function markedAt(data: Buffer): number {
  for (let at = data.indexOf(mark); at !== -1; at = data.indexOf(mark, at + 1)) {
    const second = data[at + 1];
    // Without looking at each mark of a program that writes nothing else.
    if (second !== undefined && !firstBytes.has(second)) continue;
    const start = data.subarray(at + 1, at + 1 + startBytes);
    if (starts.some((one) => isStart(one, start))) return at;
  }
  return -1;
}

const firstBytes = new Set(starts.map((start) => start[0]));

/** Where a line ends, or the next mark stands, whichever comes first; -1: in what is to come. */
function lineEnd(data: Buffer): number {
  const end = data.indexOf(newline);
  const next = (end === -1 ? data : data.subarray(0, end)).indexOf(mark);
  return next === -1 ? end : next;
}

const startsLine = (data: Buffer) => starts.some((start) => data.subarray(1, 1 + start.length).equals(start));
