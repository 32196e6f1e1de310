/** For commands that speak only when there is something to say: why it takes so long, and what is wrong. */
import type { LogFields, Logger } from "@gorunner/core";

/** How long nothing is said, in milliseconds. */
const quietMs = 2000;

export class ProgressLogger implements Logger, Disposable {
  readonly #say: (message: string) => void;
  readonly #timer: NodeJS.Timeout;
  #latest: string | undefined;
  #isQuiet = true;

  constructor(say: (message: string) => void, afterMs = quietMs) {
    this.#say = say;
    this.#timer = setTimeout(() => this.#speak(), afterMs);
    this.#timer.unref();
  }

  debug(): void {}

  info(message: string): void {
    if (this.#isQuiet) this.#latest = message;
    else this.#say(message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#say(withError(message, fields));
  }

  error(message: string, fields: LogFields = {}): void {
    this.#say(withError(message, fields));
  }

  /** Nothing more to wait for: progress is no news from now on. */
  done(): void {
    clearTimeout(this.#timer);
    this.#isQuiet = true;
  }

  [Symbol.dispose](): void {
    this.done();
  }

  #speak(): void {
    this.#isQuiet = false;
    if (this.#latest !== undefined) this.#say(this.#latest);
  }
}

const withError = (message: string, { err }: LogFields) => (err instanceof Error ? `${message}: ${err.message}` : message);
