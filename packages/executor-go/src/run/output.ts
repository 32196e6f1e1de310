/** Takes in what a program writes, piece by piece, and has it whole at the end. */
import type { ExecuteOptions, Execution, OutputEvent } from "@gorunner/core";
import type { Frame } from "../sandbox/frame-reader.js";
import type { Slices } from "../text/slices.js";

/**
 * So many pieces are kept apart; a program that writes more of them, byte by byte, would else cost the server hundreds of
 * times what it has written. What comes then is joined to the last piece of its stream.
 */
export const maxEvents = 65_536;

type Stream = OutputEvent["stream"];

export interface OutputOptions {
  /** Whether what is written to one stream at one time is one piece, however it came here. */
  fakeClock: boolean;
  /** How many pieces are kept apart; default {@link maxEvents}. */
  maxPieces?: number;
  /** Told of each piece as it comes. */
  onEvent: ExecuteOptions["onEvent"] | undefined;
}

/** A part of its stream. The pieces of a stream lie one behind another. */
interface Piece {
  stream: Stream;
  timeNs: bigint;
  start: number;
  end: number;
}

export class Output {
  readonly #options: OutputOptions;
  readonly #pieces: Piece[] = [];
  readonly #lastOf = new Map<Stream, Piece>();
  readonly #streams: Record<Stream, GrowingBuffer> = { stdout: new GrowingBuffer(), stderr: new GrowingBuffer() };
  readonly #dump = new GrowingBuffer();

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  take({ kind, timeNs, payload }: Frame): void | Promise<void> {
    if (kind === "d") return this.#dump.add(payload);
    const { fakeClock, maxPieces = maxEvents, onEvent } = this.#options;
    const stream = kind === "o" ? "stdout" : "stderr";
    const last = this.#pieces.at(-1);
    const isOne = fakeClock && last?.stream === stream && last.timeNs === timeNs;
    const open = isOne ? last : this.#pieces.length >= maxPieces ? this.#lastOf.get(stream) : undefined;
    const whole = this.#streams[stream];
    const start = whole.length;
    whole.add(payload);
    if (open === undefined) this.#begin({ stream, timeNs, start, end: whole.length });
    else open.end = whole.length;
    return onEvent?.({ stream, data: payload, timeNs });
  }

  async events(slices: Slices): Promise<OutputEvent[]> {
    const whole = { stdout: this.of("stdout"), stderr: this.of("stderr") };
    const events: OutputEvent[] = [];
    for (const { stream, timeNs, start, end } of this.#pieces) {
      events.push({ stream, data: whole[stream].subarray(start, end), timeNs });
      await slices.worked(0);
    }
    return events;
  }

  goroutines(): Pick<Execution, "goroutines"> {
    return this.#dump.length === 0 ? {} : { goroutines: this.#dump.bytes.toString("utf8") };
  }

  of(stream: Stream): Buffer {
    return this.#streams[stream].bytes;
  }

  #begin(piece: Piece): void {
    this.#pieces.push(piece);
    this.#lastOf.set(piece.stream, piece);
  }
}

/** Takes twice the room when it is full, so that a byte is copied a few times at most. */
class GrowingBuffer {
  #room = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  add(more: Buffer): void {
    const length = this.#length + more.length;
    if (length > this.#room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#room.length, length));
      larger.set(this.bytes);
      this.#room = larger;
    }
    this.#room.set(more, this.#length);
    this.#length = length;
  }
}
