/** Values that belong to a log line, by name. Never code, output, tokens, passwords or connection strings. */
export type LogFields = Record<string, unknown>;

/** Where adapters say what an operator should know. Synchronous, and never throws. An `err` field holds an Error. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Says nothing; for embedders and tests that want no log. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
