/** Why modules can't be had, in words that hold nothing of a proxy's answer or of the operator's network. */

/** What the forwarder tells the go command, which knows a status alone. */
export const forwardReasons = {
  not_found: { status: 404, text: "not found by the module proxy" },
  forbidden: { status: 403, text: "the module proxy refuses it" },
  too_large: { status: 413, text: "it is too large" },
  redirected: { status: 421, text: "the module proxy sends it elsewhere, where this server asks nobody" },
  malformed: { status: 422, text: "the module proxy answers what is no module" },
  too_many: { status: 429, text: "the modules that this program needs are too many" },
  unreachable: { status: 502, text: "the module proxy can't be reached" },
  failed: { status: 503, text: "the module proxy failed" },
  too_many_files: { status: 507, text: "it has too many files" },
} as const satisfies Record<string, { status: number; text: string }>;

export type ForwardReason = keyof typeof forwardReasons;

/** What the go command finds itself. */
const goReasons = {
  mismatch: "checksum mismatch: what the module proxy has is not what go.sum or the checksum database says",
  unverified: "it can't be verified by the checksum database",
  newer_go: "it requires a newer Go than this server has",
  other_path: "its own go.mod gives it another path",
  no_version: "there is no such version",
  no_package: "no module that the module proxy has contains this package",
  ambiguous: "more than one of its modules contains this package",
  unresolved: "it can't be resolved to a module; `go mod tidy` says more",
} as const;

export type FetchReason = ForwardReason | keyof typeof goReasons;

export const reasonText = (reason: FetchReason) =>
  reason in forwardReasons ? forwardReasons[reason as ForwardReason].text : goReasons[reason as keyof typeof goReasons];

/** What the go command says in each case, the first that is found deciding (cmd/go/internal/modfetch, modload and web; x/mod). */
const phrases: readonly (readonly [phrase: string, reason: FetchReason])[] = [
  ["checksum mismatch", "mismatch"],
  ["SECURITY ERROR", "mismatch"],
  ["does not match previously-downloaded content", "mismatch"],
  ["verifying ", "unverified"],
  ["checksum database", "unverified"],
  ...Object.entries(forwardReasons).map(([reason, { status }]) => [`: ${status} `, reason as ForwardReason] as const),
  ["zip: ", "malformed"],
  ["not a valid zip", "malformed"],
  ["unexpected file", "malformed"],
  ["malformed file path", "malformed"],
  ["case-insensitive file name collision", "malformed"],
  ["invalid version control", "malformed"],
  ["unexpected EOF", "malformed"],
  ["unexpected end of JSON", "malformed"],
  ["invalid character", "malformed"],
  ["malformed response", "malformed"],
  ["invalid response from proxy", "malformed"],
  ["proxy returned ", "malformed"],
  ["reports invalid version", "malformed"],
  ["parsing go.mod", "malformed"],
  ["errors parsing", "malformed"],
  ["(running go ", "newer_go"],
  ["module declares its path as", "other_path"],
  ["ambiguous import", "ambiguous"],
  ["does not contain package", "no_package"],
  ["cannot find module providing package", "no_package"],
  ["no required module provides package", "no_package"],
  ["no matching versions", "no_version"],
  ["unknown revision", "no_version"],
  ["invalid version", "no_version"],
  ["file does not exist", "not_found"],
];

export function reasonIn(text: string): FetchReason {
  return phrases.find(([phrase]) => text.includes(phrase))?.[1] ?? "unresolved";
}
