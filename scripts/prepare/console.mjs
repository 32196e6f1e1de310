/** What the preparation says, and how it fails. */

/** Progress goes to stderr: stdout belongs to what is started afterwards. @param {string} text */
export function say(text) {
  process.stderr.write(`prepare: ${text}\n`);
}

/** The preparation can't go on; the message says what failed and what to do. */
export class PreparationError extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * @param {string} what what failed
 * @param {string} remedy what to do
 * @returns {never}
 */
export function fail(what, remedy) {
  throw new PreparationError(`${what}\n  ${remedy.replaceAll("\n", "\n  ")}`);
}

/** Known causes by what tools and the system write about them, and what to do about each. */
const remedies = /** @type {const} */ ([
  [/ENOSPC|No space left on device/i, "The disk is full: free some space and try again."],
  [/EDQUOT|quota exceeded/i, "The disk quota is used up: free some space and try again."],
  [/EROFS|Read-only file system/i, "The file system is read-only: work in a clone on a writable one."],
  [
    /EACCES|EPERM|Permission denied/i,
    "Writing is not permitted: make this clone and your home directory writable for the user that runs this.",
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|Temporary failure resolving|Could not resolve/i,
    "The network can't be reached: connect, or set HTTPS_PROXY or npm's registry, and try again.\nOnce prepared, this clone starts without a network.",
  ],
  [
    /SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_/i,
    "A certificate is not trusted: set npm's cafile or NODE_EXTRA_CA_CERTS to your authority's certificates.",
  ],
]);

/** @param {string} evidence what a tool wrote or an error says @param {string} otherwise */
export function remedyFor(evidence, otherwise) {
  return remedies.find(([pattern]) => pattern.test(evidence))?.[1] ?? otherwise;
}

/** Runs `work`; what the file system refuses becomes a {@link PreparationError}. @template T @param {() => Promise<T>} work */
export async function explained(work) {
  try {
    return await work();
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (error instanceof PreparationError || code === undefined) throw error;
    return fail(message, remedyFor(code, "Mend that and try again."));
  }
}
