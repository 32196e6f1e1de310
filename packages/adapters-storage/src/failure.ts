/**
 * Drivers hang the arguments of a failed command on its error: passwords in AUTH, code in INSERT and SET.
 * What we pass on as a cause, and so to the log, is a copy without them.
 */
export function bareError(failure: unknown): Error {
  if (!(failure instanceof Error)) return new Error("something that is no Error was thrown");
  const code = codeOf(failure);
  const copy = new Error(code === undefined ? failure.message : `${code}: ${failure.message}`);
  copy.name = failure.name;
  if (failure.stack !== undefined) copy.stack = failure.stack;
  return copy;
}

/** The `code` of a system's or a driver's error (ECONNREFUSED, a SQLSTATE, SQLITE_BUSY). */
export function codeOf(failure: unknown): string | undefined {
  return failure instanceof Error && "code" in failure && typeof failure.code === "string" && failure.code !== ""
    ? failure.code
    : undefined;
}
