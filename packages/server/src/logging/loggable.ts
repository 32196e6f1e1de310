/**
 * Any value as plain data that can be written to a log: no secrets, no cycles, nothing that throws when it is read,
 * and of an error only what tells a person what happened. Drivers hang queries, arguments and whole clients on theirs.
 */
import type { LogFields } from "@gorunner/core";

const maxDepth = 5;
const maxItems = 100;
const hidden = "[hidden]";

/** Names of fields that are hidden wherever they are. */
const secretName = /secret|password|passwd|token|authorization|cookie|^(db_?uri|redis_?addr|dsn)$/i;

export function loggable(fields: LogFields): LogFields {
  const read = readOne({ fields }, "fields", { depth: -1, above: [] });
  return isFields(read) ? read : { fields: read };
}

/** Hides the user and password of every URL in a text. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/?#]*@/gi, `$1${hidden}@`);
}

const isFields = (value: unknown): value is LogFields => typeof value === "object" && value !== null && !Array.isArray(value);

interface Position {
  depth: number;
  /** The objects that this value is in. */
  above: readonly object[];
}

function plain(value: unknown, at: Position): unknown {
  switch (typeof value) {
    case "string":
      return withoutCredentials(value);
    case "bigint":
    case "symbol":
      return String(value);
    case "function":
      return "[function]";
    case "object":
      return value === null ? value : plainObject(value, at);
    default:
      return value;
  }
}

function plainObject(value: object, { depth, above }: Position): unknown {
  if (above.includes(value)) return "[circular]";
  if (depth >= maxDepth) return "[deep]";
  const below = { depth: depth + 1, above: [...above, value] };
  if (value instanceof Error) return plainError(value, below);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => plain(item, below));
  return readAll(value, below);
}

function plainError(error: Error, at: Position): LogFields {
  const { name, message, stack, cause, code } = readAll(error, at, ["name", "message", "stack", "cause", "code"]);
  return { type: name, message, ...(code === undefined ? {} : { code }), stack, ...(cause === undefined ? {} : { cause }) };
}

/** The named properties of `object`, or all its own; a getter that throws leaves word of that. */
function readAll(object: object, at: Position, names: readonly string[] = Object.keys(object)): LogFields {
  const fields: LogFields = {};
  for (const name of names.slice(0, maxItems)) fields[name] = secretName.test(name) ? hidden : readOne(object, name, at);
  return fields;
}

function readOne(object: object, name: string, at: Position): unknown {
  try {
    return plain(Reflect.get(object, name), at);
  } catch (error) {
    return `[unreadable: ${error instanceof Error ? error.message : "it threw"}]`;
  }
}
