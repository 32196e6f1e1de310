/** A test binary's events as a caller sees them: Go's marks are only in stdout, and stderr is what it is. */
import type { OutputEvent } from "@gorunner/core";
import { partsOf, type Slices } from "../text/slices.js";
import { VerboseOutput } from "./verbose-output.js";

export class VerboseEvents {
  readonly #stdout = new VerboseOutput();
  readonly #slices: Slices;
  #lastNs = 0n;

  constructor(slices: Slices) {
    this.#slices = slices;
  }

  /** @returns undefined when nothing of it is shown, or not yet. */
  async take(event: OutputEvent): Promise<OutputEvent | undefined> {
    this.#lastNs = event.timeNs;
    if (event.stream !== "stdout") return event;
    const shown: Buffer[] = [];
    for (const part of partsOf(bytesOf(event))) {
      shown.push(this.#stdout.take(part));
      await this.#slices.worked(part.length);
    }
    return this.#shown(shown.length === 1 && shown[0] !== undefined ? shown[0] : Buffer.concat(shown));
  }

  end(): OutputEvent | undefined {
    return this.#shown(this.#stdout.end());
  }

  #shown(data: Buffer): OutputEvent | undefined {
    return data.length === 0 ? undefined : { stream: "stdout", data, timeNs: this.#lastNs };
  }
}

/** The same bytes, without a copy. */
const bytesOf = ({ data }: OutputEvent) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
