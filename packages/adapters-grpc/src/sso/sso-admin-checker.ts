import { type AdminChecker, type CancelSignal, cancellationOf, type Logger, type Metrics, type UserId, unavailable } from "@gorunner/core";
import { type ClientOptions, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import pRetry from "p-retry";
import { AuthClient } from "../gen/sso/sso.js";
import { type DialAddress, parseDialAddress } from "./address.js";

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
  readonly #client: AuthClient;
  readonly #target: string;
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #metrics: Metrics;
  readonly #logger: Logger;

  /** @throws RunnerError INVALID_ARGUMENT for an address that is none. Connects with the first question. */
  constructor(options: SsoAdminCheckerOptions) {
    const address = parseDialAddress(options.address);
    this.#target = address.target;
    this.#client = new AuthClient(address.target, credentials.createInsecure(), channelOptions(address));
    this.#timeoutMs = options.timeoutMs;
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
        shouldRetry: ({ error }) => worthRetrying.has(codeOf(error)),
      });
      this.#metrics.ssoAnswered(admin ? "admin" : "not_admin");
      return admin;
    } catch (failure) {
      if (signal?.aborted) throw cancellationOf(signal);
      this.#metrics.ssoAnswered("error");
      this.#logger.warn("the SSO service gave no answer", { address: this.#target, err: failure });
      throw unavailable("the SSO service can't be reached or gave no answer", failure);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Whether the service can be reached, for diagnosis. @throws RunnerError UNAVAILABLE when not within one attempt's time. */
  check(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + this.#timeoutMs, (failure) => {
        if (failure === undefined) resolve();
        else reject(unavailable(`the SSO service can't be reached at ${this.#target}`, failure));
      });
    });
  }

  /** Questions under way fail as UNAVAILABLE, and so do later ones. */
  close(): void {
    this.#client.close();
  }

  #ask(user: UserId, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + this.#timeoutMs };
      const call = this.#client.isAdmin({ userId: user }, new Metadata(), options, (failure, response) => {
        signal.removeEventListener("abort", onAbort);
        if (failure === null) resolve(response.isAdmin);
        else if (failure.code === status.NOT_FOUND) resolve(false);
        else reject(failure);
      });
      const onAbort = () => call.cancel();
      signal.addEventListener("abort", onAbort);
    });
  }
}

function channelOptions({ loopback }: DialAddress): ClientOptions {
  return {
    // The attempts are counted here; grpc-js would add its own.
    "grpc.enable_retries": 0,
    // By default a service that was gone for a while is dialled again only after up to two minutes.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
    // A proxy from the environment can't reach our loopback.
    ...(loopback ? { "grpc.enable_http_proxy": 0 } : {}),
  };
}

function codeOf(error: Error & Partial<Pick<ServiceError, "code">>): status {
  return error.code ?? status.UNKNOWN;
}
