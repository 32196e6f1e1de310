import { type AdminChecker, type CancelSignal, cancellationOf, type Logger, type Metrics, type UserId, unavailable } from "@gorunner/core";
import { status } from "@grpc/grpc-js";
import pRetry from "p-retry";
import { AuthService, IsAdminRequest, IsAdminResponse } from "../gen/sso/sso.js";
import { parseDialAddress } from "./address.js";
import { messageIn } from "./grpc-answer.js";
import { SsoConnection } from "./sso-connection.js";
import { notGrpc, SsoFailure } from "./sso-failure.js";

export interface SsoAdminCheckerOptions {
  /** `host:port`; see {@link parseDialAddress}. */
  address: string;
  /** The deadline of each attempt, in milliseconds. */
  timeoutMs: number;
  /** Attempts in all, at least one. */
  attempts: number;
  metrics: Metrics;
  logger: Logger;
}

/** Failures that another attempt may mend. */
const worthRetrying: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.ABORTED, status.DEADLINE_EXCEEDED]);

/** The pause before the second attempt, in milliseconds; it doubles, and up to as much again is added at random. */
const firstPauseMs = 50;
const longestPauseMs = 500;

/** Asks the SSO service (`auth.Auth/IsAdmin`) who is an admin. Only its clear yes is a yes. */
export class SsoAdminChecker implements AdminChecker {
  readonly #connection: SsoConnection;
  readonly #target: string;
  readonly #attempts: number;
  readonly #metrics: Metrics;
  readonly #logger: Logger;

  /** @throws RunnerError INVALID_ARGUMENT for an address that is none. Connects with the first question. */
  constructor(options: SsoAdminCheckerOptions) {
    this.#target = parseDialAddress(options.address);
    this.#connection = new SsoConnection({ target: this.#target, timeoutMs: options.timeoutMs });
    this.#attempts = Math.max(1, options.attempts);
    this.#metrics = options.metrics;
    this.#logger = options.logger;
  }

  async isAdmin(user: UserId, { signal }: { signal?: CancelSignal } = {}): Promise<boolean> {
    // The library wants a real one.
    const cancelled = new AbortController();
    const onAbort = () => signal !== undefined && cancelled.abort(cancellationOf(signal));
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
    try {
      const admin = await pRetry(() => this.#ask(user, cancelled.signal), {
        signal: cancelled.signal,
        retries: this.#attempts - 1,
        minTimeout: firstPauseMs,
        maxTimeout: longestPauseMs,
        randomize: true,
        shouldRetry: ({ error }) => error instanceof SsoFailure && worthRetrying.has(error.status),
      });
      this.#metrics.ssoAnswered(admin ? "admin" : "not_admin");
      return admin;
    } catch (failure) {
      if (signal?.aborted) throw cancellationOf(signal);
      this.#metrics.ssoAnswered("error");
      if (!(failure instanceof SsoFailure)) throw failure;
      // All that there is to know, on one line: whoever logs the refused call has nothing to add.
      this.#logger.warn("the SSO service gave no answer", { address: this.#target, reason: failure.message });
      throw unavailable("the SSO service can't be reached or gave no answer");
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Whether the service can be reached, for diagnosis. @throws RunnerError UNAVAILABLE when not within one attempt's time. */
  async check(): Promise<void> {
    try {
      await this.#connection.ready();
    } catch (failure) {
      throw unavailable(`the SSO service can't be reached at ${this.#target}`, failure);
    }
  }

  /** Questions under way fail as UNAVAILABLE, and so do later ones. */
  close(): void {
    this.#connection.close();
  }

  async #ask(user: UserId, signal: AbortSignal): Promise<boolean> {
    const question = IsAdminRequest.encode({ userId: user }).finish();
    const answer = await this.#connection.call(AuthService.isAdmin.path, question, signal);
    try {
      return isAdminIn(messageIn(answer));
    } catch (failure) {
      if (failure instanceof SsoFailure && failure.status === status.NOT_FOUND) return false;
      throw failure;
    }
  }
}

function isAdminIn(message: Buffer): boolean {
  try {
    return IsAdminResponse.decode(message).isAdmin;
  } catch {
    // What a protobuf reader says of bytes that are none helps nobody.
    throw notGrpc("the message can't be read");
  }
}
