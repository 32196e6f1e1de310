import type { Deletion, Snippet } from "@gorunner/core";

/** What a line of the file tells. */
export type Event = { saved: Snippet; idempotencyKey?: string } | { deleted: Deletion };

/** JSON has neither bigint nor Date: ids and users are written as text, times in milliseconds. */
export function toLine(event: Event): string {
  return JSON.stringify(event, function (this: Record<string, unknown>, name, value: unknown) {
    const original = this[name];
    if (original instanceof Date) return original.getTime();
    return typeof value === "bigint" ? `${value}` : value;
  });
}

export function fromLine(line: string): Event {
  return JSON.parse(line, (name, value: unknown) => {
    if (name === "id" || (name === "by" && value !== "expiry")) return BigInt(String(value));
    return name === "createdAt" || name === "expiresAt" || name === "at" ? new Date(Number(value)) : value;
  });
}
