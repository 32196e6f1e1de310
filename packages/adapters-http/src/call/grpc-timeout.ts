import { invalidArgument } from "@gorunner/core";

/**
 * The `Grpc-Timeout` header: at most eight digits and a unit ("gRPC over HTTP2", TimeoutValue and TimeoutUnit).
 * Zero is what clients send whose deadline has passed already.
 *
 * @returns milliseconds, possibly a fraction.
 * @throws RunnerError INVALID_ARGUMENT for anything else.
 */
export function grpcTimeoutMs(header: string): number {
  const [, digits, unit] = /^([0-9]{1,8})([HMSmun])$/.exec(header) ?? [];
  const unitMs = millisecondsPer[unit ?? ""];
  if (digits === undefined || unitMs === undefined) {
    throw invalidArgument("the Grpc-Timeout header must be one to eight digits and a unit, one of H M S m u n");
  }
  return Number(digits) * unitMs;
}

const millisecondsPer: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
