import { invalidArgument } from "../errors.js";
import { isWellFormed, utf8Length } from "./text.js";

/** A snippet's id: a positive int64, assigned once and never reused. */
export type SnippetId = bigint;

/** A user of the SSO service: a positive int64. */
export type UserId = bigint;

/**
 * A snippet's public key: 16 characters of base64url (RFC 4648, section 5), 96 random bits. Whoever has it may read the
 * snippet; nobody guesses it.
 */
export type SnippetKey = string;

/** What is stored when code is shared: the code and what its one execution said. */
export interface NewSnippet {
  /** Unique; see {@link snippetKeyOf}. */
  key: SnippetKey;
  /** Non-empty, well-formed, without NUL, at most {@link maxCodeBytes}. */
  code: string;
  /** What the program wrote to stdout, as well-formed text without NUL. */
  output: string;
  /** Empty when the program succeeded silently, else what a person needs to see; as `output`. */
  error: string;
  /** The Go that executed it, such as `go1.26.8`. */
  toolchain?: string;
  /** From when on it is as if it were not there; see {@link checkExpiry}. */
  expiresAt?: Date;
  /** The caller's own name for this request: see {@link checkIdempotencyKey}. */
  idempotencyKey?: string;
}

export interface Snippet extends Omit<NewSnippet, "idempotencyKey"> {
  id: SnippetId;
  createdAt: Date;
  /** Of the code, in UTF-8. */
  sizeBytes: number;
}

/** What is known of a snippet without its texts. */
export type SnippetSummary = Omit<Snippet, "code" | "output" | "error">;

/** An entry in the log of deletions. */
export interface Deletion {
  id: SnippetId;
  /** The admin who deleted it, or `expiry`. */
  by: UserId | "expiry";
  at: Date;
}

/** The largest code that can be run or shared as a snippet, in bytes of UTF-8. */
export const maxCodeBytes = 64 * 1024;

export const maxInt64 = 2n ** 63n - 1n;

/** The most that a page of a listing holds. */
export const maxPageSize = 1000;

/** How many random bytes {@link snippetKeyOf} takes. */
export const snippetKeyBytes = 16;

/** A key of {@link snippetKeyBytes} random bytes: six bits of each make a character, and none is likelier than another. */
export function snippetKeyOf(bytes: Uint8Array): SnippetKey {
  return Array.from(bytes.subarray(0, snippetKeyBytes), (byte) => base64url[byte & 63]).join("");
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** @throws RunnerError INVALID_ARGUMENT unless `code` is something that can be run and stored. */
export function checkCode(code: string): void {
  if (code === "") throw invalidArgument("code is empty");
  // A string has at least one byte a unit, so the cheap test comes first.
  const bytes = code.length > maxCodeBytes ? code.length : utf8Length(code);
  if (bytes > maxCodeBytes) throw codeTooLarge();
  if (!isWellFormed(code)) throw invalidArgument("code is not valid UTF-8");
  if (code.includes("\0")) throw invalidArgument("code contains a NUL byte");
}

export const codeTooLarge = () => invalidArgument(`code is larger than 64 KiB (${maxCodeBytes} bytes)`);

/** @throws RunnerError INVALID_ARGUMENT unless `id` is a positive int64. */
export function checkSnippetId(id: SnippetId): void {
  if (id < 1n || id > maxInt64) throw invalidArgument(`id must be a positive 64-bit integer, not ${id}`);
}

/** @throws RunnerError INVALID_ARGUMENT unless `user` is a positive int64. */
export function checkUserId(user: UserId): void {
  if (user < 1n || user > maxInt64) throw invalidArgument(`user_id must be a positive 64-bit integer, not ${user}`);
}

/** @throws RunnerError INVALID_ARGUMENT unless `key` can be a snippet's: the message does not repeat it. */
export function checkSnippetKey(key: SnippetKey): void {
  if (!/^[\w-]{16}$/.test(key)) throw invalidArgument("a snippet's key is 16 characters of A-Z, a-z, 0-9, - and _");
}

/** @throws RunnerError INVALID_ARGUMENT unless `key` is 1 to 128 printable characters of ASCII. */
export function checkIdempotencyKey(key: string): void {
  if (!/^[\x21-\x7e]{1,128}$/.test(key))
    throw invalidArgument("an idempotency key is 1 to 128 printable characters of ASCII without spaces");
}

/** @throws RunnerError INVALID_ARGUMENT unless `expiresAt` is a time of the years 1970 to 9999. */
export function checkExpiry(expiresAt: Date): void {
  const ms = expiresAt.getTime();
  if (!(ms >= 0 && ms < Date.UTC(10_000))) throw invalidArgument("a snippet's end must be a time before the year 10000");
}

/** @throws RunnerError INVALID_ARGUMENT unless `limit` is an integer from 1 to {@link maxPageSize}. */
export function checkPageSize(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageSize)
    throw invalidArgument(`a page holds 1 to ${maxPageSize} snippets, not ${limit}`);
}
