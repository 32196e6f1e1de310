/** Takes in what a program writes, piece by piece, and has it whole at the end. */
import type { ExecuteOptions, Execution, OutputEvent } from "@gorunner/core";
import type { Frame } from "../sandbox/frame-reader.js";

/**
 * So many pieces are kept apart; a program that writes more of them, byte by byte, would else cost the server hundreds of
 * times what it has written. What comes then is joined to the last piece of its stream.
 */
export const maxEvents = 65_536;

type Stream = OutputEvent["stream"];

export interface OutputOptions {
  /** Whether what is written to one stream at one time is one piece, however it came here. */
  fakeClock: boolean;
  /** Told of each piece as it comes. */
  onEvent: ExecuteOptions["onEvent"] | undefined;
}

export class Output {
  readonly #options: OutputOptions;
  readonly #pieces: Piece[] = [];
  readonly #lastOf = new Map<Stream, Piece>();
  readonly #dump: Buffer[] = [];
  #lastNs = 0n;

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** Times never go back: what joins the runs of several packages builds on that. */
  take({ kind, timeNs: toldNs, payload }: Frame): void | Promise<void> {
    if (kind === "d") return void this.#dump.push(payload);
    const stream = kind === "o" ? "stdout" : "stderr";
    const last = this.#pieces.at(-1);
    const timeNs = toldNs > this.#lastNs ? toldNs : this.#lastNs;
    this.#lastNs = timeNs;
    const isOne = this.#options.fakeClock && last?.stream === stream && last.timeNs === timeNs;
    const open = isOne ? last : this.#pieces.length >= maxEvents ? this.#lastOf.get(stream) : undefined;
    if (open === undefined) this.#begin(new Piece(stream, timeNs, payload));
    else open.add(payload);
    return this.#options.onEvent?.({ stream, data: payload, timeNs });
  }

  events(): OutputEvent[] {
    return this.#pieces.map(({ stream, timeNs, data }) => ({ stream, data, timeNs }));
  }

  goroutines(): Pick<Execution, "goroutines"> {
    return this.#dump.length === 0 ? {} : { goroutines: Buffer.concat(this.#dump).toString("utf8") };
  }

  of(stream: Stream): Buffer {
    return Buffer.concat(this.#pieces.filter((piece) => piece.stream === stream).map(({ data }) => data));
  }

  #begin(piece: Piece): void {
    this.#pieces.push(piece);
    this.#lastOf.set(piece.stream, piece);
  }
}

class Piece {
  readonly stream: Stream;
  readonly timeNs: bigint;
  #bytes: Buffer;
  #length: number;

  constructor(stream: Stream, timeNs: bigint, payload: Buffer) {
    this.stream = stream;
    this.timeNs = timeNs;
    this.#bytes = payload;
    this.#length = payload.length;
  }

  get data(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(payload: Buffer): void {
    const length = this.#length + payload.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, length));
      larger.set(this.data);
      this.#bytes = larger;
    }
    this.#bytes.set(payload, this.#length);
    this.#length = length;
  }
}
