/** What a real executor answered to each request of its contract, as it is kept in recording.json. */
import { createHash } from "node:crypto";
import type { Execution, ExecutionRequest, OutputEvent } from "@gorunner/core";

/** What became of one request; `endless` ran until somebody ended it. */
export type Recorded = { kind: "ends"; execution: Execution } | { kind: "endless"; events: OutputEvent[] } | { kind: "refused" };

export type Recording = Record<string, unknown>;

/** Names a request by all that decides on what becomes of it. */
export function keyOf(request: ExecutionRequest): string {
  // A case that needs a program never seen before ends it with a random comment.
  const content = (bytes: Uint8Array) =>
    Buffer.from(bytes)
      .toString("latin1")
      .replace(/\/\/ 0\.\d+\n$/, "// random\n");
  const files = request.files.map((file) => [file.path, content(file.content)]);
  const { caller: _caller, ...rest } = { ...request, files, stdin: request.stdin && content(request.stdin) };
  return createHash("sha256").update(JSON.stringify(rest)).digest("hex").slice(0, 16);
}

/** More events than these are those of a flood, at which no rule looks one by one. */
const mostEvents = 100;

/** As JSON: bytes as runs of a short pattern where they are one, times as text. */
export function toRecord(recorded: Recorded): unknown {
  return JSON.parse(
    JSON.stringify(recorded, (name, value: unknown) => {
      if (name === "events" && Array.isArray(value) && value.length > mostEvents) return [];
      if (typeof value === "bigint") return { ns: `${value}` };
      // Uint8Array has no toJSON; Buffer, which adapters may use for it, has.
      const bytes = value instanceof Uint8Array ? value : isBufferJson(value) ? Uint8Array.from(value.data) : undefined;
      return bytes === undefined ? value : packed(bytes);
    }),
  );
}

export function fromRecord(record: unknown): Recorded {
  return JSON.parse(JSON.stringify(record), (_name, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("ns" in value) return BigInt(String(value.ns));
    if ("text" in value && "length" in value) return unpacked(String(value.text), Number(value.length));
    return value;
  });
}

const isBufferJson = (value: unknown): value is { data: number[] } =>
  typeof value === "object" && value !== null && "type" in value && value.type === "Buffer" && "data" in value;

/** The first period of bytes that repeat, and how many there are. */
function packed(bytes: Uint8Array): { text: string; length: number } {
  const whole = Buffer.from(bytes);
  for (const period of [1, 2, 3, 4, 5, 10]) {
    if (whole.length > 64 && whole.subarray(period).equals(whole.subarray(0, -period))) {
      return { text: whole.subarray(0, period).toString("latin1"), length: whole.length };
    }
  }
  return { text: whole.toString("latin1"), length: whole.length };
}

function unpacked(text: string, length: number): Uint8Array {
  return length === 0 ? new Uint8Array() : new Uint8Array(Buffer.alloc(length, Buffer.from(text, "latin1")));
}
