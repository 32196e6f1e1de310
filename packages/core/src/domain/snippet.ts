import { invalidArgument } from "../errors.js";
import { isWellFormed, utf8Length } from "./text.js";

/** A snippet's id: a positive int64, assigned once and never reused. */
export type SnippetId = bigint;

/** A user of the SSO service: a positive int64. */
export type UserId = bigint;

/** What is stored when code is shared: the code and what its one execution said. */
export interface NewSnippet {
  /** Non-empty, well-formed, without NUL, at most {@link maxCodeBytes}. */
  code: string;
  /** What the program wrote to stdout, as text without NUL. */
  output: string;
  /** Empty when the program succeeded silently, else what a person needs to see; without NUL. */
  error: string;
}

export interface Snippet extends NewSnippet {
  id: SnippetId;
  createdAt: Date;
}

/** The largest code that can be run or shared as a snippet, in bytes of UTF-8. */
export const maxCodeBytes = 64 * 1024;

export const maxInt64 = 2n ** 63n - 1n;

/** @throws RunnerError INVALID_ARGUMENT unless `code` is something that can be run and stored. */
export function checkCode(code: string): void {
  if (code === "") throw invalidArgument("code is empty");
  // A string has at least one byte a unit, so the cheap test comes first.
  const bytes = code.length > maxCodeBytes ? code.length : utf8Length(code);
  if (bytes > maxCodeBytes) throw invalidArgument(`code is larger than 64 KiB (${maxCodeBytes} bytes)`);
  if (!isWellFormed(code)) throw invalidArgument("code is not valid UTF-8");
  if (code.includes("\0")) throw invalidArgument("code contains a NUL byte");
}

/** @throws RunnerError INVALID_ARGUMENT unless `id` is a positive int64. */
export function checkSnippetId(id: SnippetId): void {
  if (id < 1n || id > maxInt64) throw invalidArgument(`id must be a positive 64-bit integer, not ${id}`);
}

/** @throws RunnerError INVALID_ARGUMENT unless `user` is a positive int64. */
export function checkUserId(user: UserId): void {
  if (user < 1n || user > maxInt64) throw invalidArgument(`user_id must be a positive 64-bit integer, not ${user}`);
}
