import type { IncomingMessage, ServerResponse } from "node:http";
import { cancellationOf, RunnerError, throwIfCancelled } from "@gorunner/core";
import { grpcTimeoutMs } from "./grpc-timeout.js";

/** `setTimeout` fires at once for more than this (some 25 days), which no call lasts. */
const maxTimerMs = 2 ** 31 - 1;

/** What ends a call early: its client hanging up, or the deadline that the client set. */
export class CallCancellation {
  readonly #controller = new AbortController();
  readonly #response: ServerResponse;
  #deadline: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once("close", this.#connectionClosed);
    if (response.destroyed) this.#connectionClosed();
  }

  /** Aborted with a RunnerError: CANCELLED or DEADLINE_EXCEEDED. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @throws RunnerError INVALID_ARGUMENT when the request's `Grpc-Timeout` is malformed. */
  honourDeadline(request: IncomingMessage): void {
    const header = request.headers["grpc-timeout"];
    // grpc-gateway takes an empty header for an absent one.
    if (header === undefined || header === "") return;
    const timeoutMs = grpcTimeoutMs(String(header));
    if (timeoutMs === 0) this.#deadlinePassed();
    else if (timeoutMs <= maxTimerMs) this.#deadline = setTimeout(() => this.#deadlinePassed(), timeoutMs);
  }

  /** Does `work` unless the call is cancelled; then it rejects at once, whatever `work` still does. */
  async guard<Result>(work: () => Promise<Result>): Promise<Result> {
    throwIfCancelled(this.signal);
    const cancelled = new Promise<never>((_resolve, reject) => {
      this.signal.addEventListener("abort", () => reject(cancellationOf(this.signal)), { once: true });
    });
    return Promise.race([work(), cancelled]);
  }

  /** The call has ended by itself: nothing cancels it any more. */
  release(): void {
    clearTimeout(this.#deadline);
    this.#response.off("close", this.#connectionClosed);
  }

  readonly #connectionClosed = () => this.#controller.abort(new RunnerError("CANCELLED", "the client has gone"));

  #deadlinePassed(): void {
    this.#controller.abort(new RunnerError("DEADLINE_EXCEEDED", "the client's deadline has passed"));
  }
}
