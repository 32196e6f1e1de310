/** The log: one line a message, readable in `local`, JSON elsewhere, each with the id of its request. */
import type { LogFields, Logger } from "@gorunner/core";
import { type DestinationStream, destination, type Logger as Pino, pino } from "pino";
import { prettyFactory } from "pino-pretty";
import type { Env } from "../config/config.js";
import { loggable, loggableText } from "./loggable.js";

export interface LoggerOptions {
  env: Env;
  /** 1: stdout, 2: stderr. Writes are synchronous, so that nothing is lost when the process ends. */
  to: 1 | 2 | DestinationStream;
  requestId?: () => string | undefined;
  level?: "debug" | "info" | "warn";
}

export class PinoLogger implements Logger {
  readonly #pino: Pino;

  constructor({ env, to, requestId, level }: LoggerOptions) {
    this.#pino = pino(
      {
        level: level ?? (env === "dev" ? "debug" : "info"),
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { err: (plain: unknown) => plain },
        mixin: () => requestIdField(requestId?.()),
      },
      env === "local" ? readable(to) : lines(to),
    );
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#pino.debug(loggable(fields), loggableText(message));
  }

  info(message: string, fields: LogFields = {}): void {
    this.#pino.info(loggable(fields), loggableText(message));
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#pino.warn(loggable(fields), loggableText(message));
  }

  error(message: string, fields: LogFields = {}): void {
    this.#pino.error(loggable(fields), loggableText(message));
  }

  /** Before the process ends because of it. */
  fatal(message: string, fields: LogFields = {}): void {
    this.#pino.fatal(loggable(fields), loggableText(message));
  }
}

const requestIdField = (requestId: string | undefined) => (requestId === undefined ? {} : { requestId });

const lines = (to: LoggerOptions["to"]): DestinationStream => (typeof to === "number" ? destination({ dest: to, sync: true }) : to);

/** pino-pretty's own stream would hold lines back for a turn, and lose them when the process ends. */
function readable(to: LoggerOptions["to"]): DestinationStream {
  const prettify = prettyFactory({
    translateTime: "SYS:HH:MM:ss.l",
    singleLine: true,
    colorize: typeof to === "number" && colorful(to),
  });
  const out = lines(to);
  return { write: (line) => out.write(prettify(line)) };
}

const colorful = (fd: number) => (fd === 1 ? process.stdout : process.stderr).isTTY === true && process.env["NO_COLOR"] === undefined;
