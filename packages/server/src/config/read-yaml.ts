/** A configuration file's text as a tree of plain values. Its errors tell places, never contents: there are secrets in it. */
import { LineCounter, parseDocument, type YAMLError } from "yaml";
import { ConfigError } from "./config-error.js";

/** A mapping of the file; a key without a value is absent. */
export type Tree = Record<string, unknown>;

/** Beyond the first few, one error of syntax is the cause of the next. */
const maxTold = 5;

/** @throws ConfigError for what is not one YAML mapping. An empty text is an empty mapping. */
export function readYaml(text: string): Tree {
  const lines = new LineCounter();
  const value = withinReason(() => {
    const document = parseDocument(text, {
      intAsBigInt: true,
      lineCounter: lines,
      logLevel: "error",
      merge: true,
      prettyErrors: false,
    });
    if (document.errors.length > 0) throw new ConfigError(document.errors.slice(0, maxTold).map((error) => told(error, lines)));
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  });
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new ConfigError(["it is not a mapping of keys to values"]);
  return { ...value };
}

function told(error: YAMLError, lines: LineCounter): string {
  const { line, col } = lines.linePos(error.pos[0]);
  return `line ${line}, column ${col}: not valid YAML: ${error.code.toLowerCase().replaceAll("_", " ")}`;
}

/** Aliases that multiply without end, and nesting deeper than the stack, are the file's mistakes too. */
function withinReason<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError(["not valid YAML: nested too deeply"]);
    if (error instanceof ReferenceError) throw new ConfigError(["not valid YAML: an alias without an anchor, or too many aliases"]);
    throw error;
  }
}
