/** Work on a user's text in slices, between which the event loop serves other callers. */
import type { Turns } from "@gorunner/core";

/** The worst text of this size takes some milliseconds. */
const sliceBytes = 8 * 1024;

export class Slices {
  readonly #turns: Turns;
  #done = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /**
   * To be told of each piece of work that was done.
   * @returns what to wait for when a slice is full; undefined while it is not, so that short texts wait for nothing.
   */
  worked(bytes: number): Promise<void> | undefined {
    this.#done += bytes + pieceCost;
    if (this.#done < sliceBytes) return undefined;
    this.#done = 0;
    return this.#turns.next();
  }
}

/** What a piece costs however short it is, in bytes. */
const pieceCost = 16;

/** `bytes` in parts that each fit into a slice. */
export function* partsOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += sliceBytes) yield bytes.subarray(start, start + sliceBytes);
}

/** `text` in parts of whole lines, each of about a slice; a longer line is one part. */
export function* linesOf(text: string): Generator<string> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    const newline = text.indexOf("\n", start + sliceBytes);
    end = newline === -1 ? text.length : newline + 1;
    yield text.slice(start, end);
  }
}
