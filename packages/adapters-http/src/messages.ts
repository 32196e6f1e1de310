/**
 * The messages of `runner.proto` in proto3's JSON, as grpc-gateway reads and writes them: int64 as a string,
 * unpopulated fields present in answers, unknown fields of requests ignored.
 */
import { codeTooLarge, invalidArgument, maxCodeBytes, maxInt64, type Snippet, type SnippetId, type Turns } from "@gorunner/core";
import { jsonMember } from "./call/json-member.js";

/** @throws RunnerError INVALID_ARGUMENT unless `body` is a `CodeRequest`; an empty body is an empty message. */
export async function readCodeRequest(body: Uint8Array, turns: Turns): Promise<{ code: string }> {
  const code = await readCode(decode(body), turns);
  if (code === undefined || code === "null") return { code: "" };
  if (!code.startsWith('"')) throw invalidArgument("code must be a string");
  if (code.length > longestCode) throw codeTooLarge();
  return { code: JSON.parse(code) as string };
}

/** The largest code between its quotes, each byte of it written as an escape. What is longer is not decoded. */
const longestCode = 2 + maxCodeBytes * "\\u0000".length;

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

/** The member `code` as it is written. */
async function readCode(text: string, turns: Turns): Promise<string | undefined> {
  const first = text.search(/[^ \t\r\n]/);
  if (first === -1) return undefined;
  const code = await member(text, turns);
  if (text[first] !== "{") throw invalidArgument("the body must be a JSON object");
  return code;
}

function decode(body: Uint8Array): string {
  try {
    // A byte order mark is no JSON whitespace: it stays, and the parser refuses it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch (failure) {
    throw invalidArgument("the body is not valid UTF-8", failure);
  }
}

async function member(text: string, turns: Turns): Promise<string | undefined> {
  try {
    return await jsonMember(text, "code", turns);
  } catch (failure) {
    throw invalidArgument("the body is not valid JSON", failure);
  }
}
