import { randomUUID } from "node:crypto";

/** The id of a request: the one that the client gave if it is fit for a log line and a header, else a new one. */
export function requestIdFrom(given: string | undefined): string {
  return given !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}
