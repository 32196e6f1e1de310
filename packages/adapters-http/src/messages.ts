/**
 * The messages of `runner.proto` in proto3's JSON, as grpc-gateway reads and writes them: int64 as a string,
 * unpopulated fields present in answers, unknown fields of requests ignored.
 */
import { invalidArgument, maxInt64, type Snippet, type SnippetId } from "@gorunner/core";

/** @throws RunnerError INVALID_ARGUMENT unless `body` is a `CodeRequest`; an empty body is an empty message. */
export function readCodeRequest(body: Uint8Array): { code: string } {
  const message = readMessage(body);
  const code = Object.hasOwn(message, "code") ? message["code"] : null;
  if (code === null) return { code: "" };
  if (typeof code !== "string") throw invalidArgument("code must be a string");
  return { code };
}

/** @throws RunnerError INVALID_ARGUMENT unless `text` is a decimal int64, as Go's `strconv.ParseInt` reads it. */
export function readInt64(text: string, name: string): bigint {
  if (!/^[+-]?[0-9]+$/.test(text)) throw invalidArgument(`${name} must be a decimal integer`);
  const value = text.startsWith("+") ? BigInt(text.slice(1)) : BigInt(text);
  if (value > maxInt64 || value < -maxInt64 - 1n) throw invalidArgument(`${name} must be a 64-bit integer`);
  return value;
}

/** @throws RunnerError INVALID_ARGUMENT when `user_id` (or `userId`) is there twice or is no int64; absent, it is 0. */
export function readUserId(query: string): bigint {
  if (/%(?![0-9a-f]{2})/i.test(query)) throw invalidArgument("the query has a malformed percent-encoding");
  const parameters = new URLSearchParams(query);
  const given = [...parameters.getAll("user_id"), ...parameters.getAll("userId")];
  if (given.length > 1) throw invalidArgument("user_id is given more than once");
  return given[0] === undefined ? 0n : readInt64(given[0], "user_id");
}

export const codeResponse = ({ code, output, error }: Pick<Snippet, "code" | "output" | "error">) => ({ code, output, error });
export const shareResponse = (id: SnippetId) => ({ id: String(id) });
export const deleteCodeResponse = () => ({ success: true });

function readMessage(body: Uint8Array): Record<string, unknown> {
  const text = decode(body);
  if (/^[ \t\r\n]*$/.test(text)) return {};
  const value = parse(text);
  if (!isObject(value)) throw invalidArgument("the body must be a JSON object");
  return value;
}

function decode(body: Uint8Array): string {
  try {
    // A byte order mark is no JSON whitespace: it stays, and the parser refuses it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch (failure) {
    throw invalidArgument("the body is not valid UTF-8", failure);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (failure) {
    throw invalidArgument("the body is not valid JSON", failure);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
