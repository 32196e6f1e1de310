/**
 * The kinds of values that a configuration holds. Each takes a value as YAML gives it (integers as bigint) or an
 * environment variable's text, and says what it expected of one that it can't take.
 */
import { size } from "@gorunner/core";
import { z } from "zod";
import { formatHostPort, type HostPort, parseHostPort } from "./address.js";
import { parseDuration } from "./duration.js";
import { parseSize } from "./size.js";

/** A value of the configuration: `read` gives undefined for what it can't take, or throws an Error that says why. */
export function leaf<Value>(expected: string, read: (value: unknown) => Value | undefined) {
  return z.unknown().transform((input, context): Value => {
    const result = attempt(() => read(input));
    if (result instanceof Refusal) context.issues.push({ code: "custom", message: result.message, input });
    else if (result === undefined) context.issues.push({ code: "custom", message: `expected ${expected}`, input });
    else return result;
    return z.NEVER;
  });
}

/** A {@link leaf} may throw this to say something better than what it expected. */
export class Refusal extends Error {}

function attempt<Value>(read: () => Value): Value | Refusal {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** Scalars that YAML reads as numbers or booleans are texts too (`app_secret: 123456`). */
export const textOf = (value: unknown) =>
  typeof value === "string" || typeof value === "bigint" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;

export const text = () => leaf("a text", textOf);

const integerOf = (value: unknown) => {
  const written = textOf(value);
  return written !== undefined && /^[+-]?\d{1,19}$/.test(written) ? BigInt(written) : undefined;
};

export const integer = (range: { min: number; max: number }) =>
  leaf(`an integer from ${range.min} to ${range.max}`, (value) => {
    const number = integerOf(value);
    return number !== undefined && number >= range.min && number <= range.max ? Number(number) : undefined;
  });

/** The longest that a Node timer can wait: 2^31 - 1 ms, nearly 25 days. */
export const longest = { ms: 2 ** 31 - 1, written: "596h31m23s" };

export const durationMs = ({ min, max }: { min: 0 | 1; max: { ms: number; written: string } } = { min: 1, max: longest }) => {
  const range = min === 0 ? `up to ${max.written}` : `from 1ms to ${max.written}`;
  return leaf(`a duration such as 5s or 1m30s, ${range}`, (value) => {
    const ms = parseDuration(textOf(value) ?? "");
    return ms !== undefined && ms >= min && ms <= max.ms ? ms : undefined;
  });
};

export const sizeBytes = (minBytes = 1) =>
  leaf(`a size such as 256KiB or 1MiB${minBytes === 1 ? "" : `, at least ${size(minBytes)}`}`, (value) => {
    const bytes = parseSize(textOf(value) ?? "");
    return bytes !== undefined && bytes >= minBytes ? bytes : undefined;
  });

export const host = () =>
  leaf("a host name or an IP address, or nothing for every interface", (value) => {
    const name = textOf(value);
    return name !== undefined && /^[\w.%:-]*$/.test(name) ? name : undefined;
  });

/** Where to listen; empty: nowhere. */
export const listenAddress = () =>
  leaf<{ at: HostPort | undefined }>("host:port or :port", (value) => {
    if (value === "") return { at: undefined };
    const at = parseHostPort(textOf(value) ?? "");
    return at === undefined ? undefined : { at };
  });

/** Where to connect to; empty: nowhere. A bare `:port` is this machine, as in Go. */
export const dialAddress = () =>
  leaf("host:port", (value) => {
    if (value === "") return "";
    const { host, port } = parseHostPort(textOf(value) ?? "") ?? { host: "", port: 0 };
    return port === 0 ? undefined : formatHostPort({ host: host === "" ? "127.0.0.1" : host, port });
  });

const maxInt64 = 2n ** 63n - 1n;

/** A list of positive ids; in a text, separated by commas. */
export const ids = () =>
  leaf("a list of positive integers", (value) => {
    const parts = typeof value === "string" ? splitList(value) : value;
    if (!Array.isArray(parts)) return undefined;
    const numbers: bigint[] = [];
    for (const part of parts) {
      const id = integerOf(part);
      if (id === undefined || id < 1n || id > maxInt64) return undefined;
      numbers.push(id);
    }
    return numbers;
  });

/** A list of texts, each as `read` gives it; in a text, separated by commas. */
export const texts = (expected: string, read: (item: string) => string) =>
  leaf(expected, (value) => {
    const parts = typeof value === "string" ? splitList(value) : value;
    if (!Array.isArray(parts)) return undefined;
    const items = parts.map(textOf);
    return items.every((item) => item !== undefined) ? items.map(read) : undefined;
  });

const splitList = (list: string) => (list.trim() === "" ? [] : list.split(",").map((item) => item.trim()));

/** One of `now`; one of `later` is refused as a thing to come. */
export const choice = <Value extends string>(now: readonly Value[], later: readonly string[] = []) =>
  leaf(`one of ${now.join(", ")}`, (value) => {
    if (typeof value === "string" && later.includes(value)) throw new Refusal(`not available yet; expected one of ${now.join(", ")}`);
    return now.find((known) => known === value);
  });

/** YAML 1.1 took these words for booleans, and some editors still do. */
export const onOff = () =>
  leaf("one of off, on", (value) => (value === "on" || value === true ? true : value === "off" || value === false ? false : undefined));

/** A setting whose feature is not there yet: only what leaves it off is taken. */
export const notYet = <Off>(off: Off, isOff: (value: unknown) => boolean) =>
  leaf("", (value) => {
    if (isOff(value)) return off;
    throw new Refusal("not available yet; leave it out");
  });
