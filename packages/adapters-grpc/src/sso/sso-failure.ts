import { status } from "@grpc/grpc-js";

/** That one question to the SSO service got no answer that can be relied on, and why, in a few words for the log. */
export class SsoFailure extends Error {
  readonly status: status;

  constructor(code: status, reason: string) {
    super(`${status[code] ?? code}: ${reason}`);
    this.name = "SsoFailure";
    this.status = code;
  }
}

/** The connection broke, was refused, or the answer did not come in time. */
export const notReached = (reason: string) => new SsoFailure(status.UNAVAILABLE, reason);

/** What the service said is not what gRPC says (its `PROTOCOL-HTTP2.md`), so nothing in it counts. */
export const notGrpc = (reason: string) => new SsoFailure(status.UNKNOWN, reason);
