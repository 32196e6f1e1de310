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

/** The longest text that is logged: what a tool says of a user's program can be far longer. */
const maxText = 16 * 1024;

/** A text without the user and password of any URL in it, and cut where it is longer than a log needs. */
export function loggableText(text: string): string {
  // Cut only then: what is hidden may end behind the cut.
  const shown = withoutCredentials(text);
  return shown.length <= maxText ? shown : `${shown.slice(0, maxText)}… [${shown.length - maxText} more characters]`;
}

/** Passes over the text once: a URL's host ends before the next URL begins. */
function withoutCredentials(text: string): string {
  let told = "";
  let from = 0;
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    const start = at + 3;
    if (!isOfScheme.test(text.charAt(at - 1))) continue;
    let last = -1;
    for (let end = start; end < text.length && !endsAuthority.test(text.charAt(end)); end++) if (text[end] === "@") last = end;
    if (last === -1) continue;
    told += text.slice(from, start) + hidden;
    from = last;
  }
  return told + text.slice(from);
}

const isOfScheme = /[a-z0-9+.-]/i;
const endsAuthority = /[\s/?#]/;

const isFields = (value: unknown): value is LogFields => typeof value === "object" && value !== null && !Array.isArray(value);

interface Position {
  depth: number;
  /** The objects that this value is in. */
  above: readonly object[];
}

function plain(value: unknown, at: Position): unknown {
  switch (typeof value) {
    case "string":
      return loggableText(value);
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
