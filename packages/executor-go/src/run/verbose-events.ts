/** A test binary's events as a caller sees them: Go's marks are only in stdout, and stderr is what it is. */
import type { OutputEvent } from "@gorunner/core";
import { VerboseOutput } from "./verbose-output.js";

export class VerboseEvents {
  readonly #stdout = new VerboseOutput();
  #lastNs = 0n;

  /** @returns undefined when nothing of it is shown, or not yet. */
  take(event: OutputEvent): OutputEvent | undefined {
    this.#lastNs = event.timeNs;
    return event.stream === "stdout" ? this.#shown(this.#stdout.take(Buffer.from(event.data))) : event;
  }

  end(): OutputEvent | undefined {
    return this.#shown(this.#stdout.end());
  }

  #shown(data: Buffer): OutputEvent | undefined {
    return data.length === 0 ? undefined : { stream: "stdout", data, timeNs: this.#lastNs };
  }
}
