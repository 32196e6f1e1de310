import { randomUUID } from "node:crypto";
import type { Metadata } from "@grpc/grpc-js";

/** The metadata key under which a client may name its request, and under which the answer names it. */
export const requestIdKey = "x-request-id";

/** The client's own id where it is safe to log, else a fresh one. */
export function requestIdOf(metadata: Metadata): string {
  const [given] = metadata.get(requestIdKey);
  return typeof given === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}
