/** What the SSO server answers a call with that it refuses. */
export class SsoError extends Error {
  readonly code: "INVALID_ARGUMENT" | "ALREADY_EXISTS" | "UNAUTHENTICATED" | "NOT_FOUND" | "UNIMPLEMENTED";

  constructor(code: SsoError["code"], message: string) {
    super(message);
    this.name = "SsoError";
    this.code = code;
  }
}
