/** `gorunner serve`: runs until it is told to stop. */
import { format } from "node:util";
import { logGrpcLibraryTo } from "@gorunner/adapters-grpc";
import { announcement, urlsOf } from "../lifecycle/announcement.js";
import { Server } from "../lifecycle/server.js";
import { onStopSignals } from "../lifecycle/stop-signals.js";
import { PinoLogger } from "../logging/pino-logger.js";
import { AsyncRequestScope } from "../logging/request-scope.js";
import { type CommandContext, configure, write } from "./command-context.js";

export interface ServeOptions {
  config?: string;
  migrate: boolean;
}

/** What stopping may take beyond the time in which executions may end, in milliseconds. */
const stopGraceMs = 5000;

/** @returns the exit code. @throws ConfigError, or RunnerError when the server can't start. */
export async function serve(context: CommandContext, options: ServeOptions): Promise<number> {
  const { config, warnings, file } = await configure(context, options);
  const scope = new AsyncRequestScope();
  const logger = new PinoLogger({ env: config.env, to: 1, requestId: () => scope.currentId() });
  for (const warning of warnings) logger.warn(`configuration: ${warning}`);
  logGrpcLibraryTo(logger);
  logConsoleTo(logger);
  dieLoudly(logger);

  const signals = onStopSignals((signal) => {
    logger.error("stopping at once", { signal });
    process.exit(1);
  });
  let onFatal: (error: unknown) => void = () => {};
  const failure = new Promise<Failure>((resolve) => {
    onFatal = (error) => resolve({ error });
  });
  const server = new Server({ config, logger, scope, migrate: options.migrate, onFatal });
  const started = server.start();
  // Awaited below; until then a signal may come first.
  started.catch(() => {});
  const early = await Promise.race([started, signals.first]);
  if (typeof early !== "string") {
    logger.info("listening", { ...urlsOf(early), config: file ?? "built-in defaults" });
    if (config.env === "local") await write(context.stdout, announcement(early));
  }
  const end = await Promise.race([signals.first, failure]);

  boundStop(config.shutdownTimeoutMs + stopGraceMs, logger);
  if (typeof end === "string") logger.info("stopping", { signal: end });
  else logger.fatal("stopping: the server can't do its work", { err: end.error });
  await started.catch((error: unknown) => logger.error("stopped before it had started", { err: error }));
  await server.stop();
  signals.dispose();
  logger.info("stopped");
  return typeof end === "string" ? 0 : 1;
}

interface Failure {
  error: unknown;
}

/** Libraries write to the console now and then (ioredis its warnings); the log is where operators look, in its format. */
function logConsoleTo(logger: PinoLogger): void {
  for (const level of ["debug", "info", "warn", "error"] as const) {
    console[level] = (...parts: unknown[]) => logger[level](format(...parts), { from: "console" });
  }
  console.log = console.info;
}

/** An error that nobody caught is a bug: the process can't be trusted any more. */
function dieLoudly(logger: PinoLogger): void {
  process.on("uncaughtException", (error, origin) => {
    logger.fatal("uncaught error; this is a bug", { err: error, origin });
    process.exit(1);
  });
}

function boundStop(boundMs: number, logger: PinoLogger): void {
  setTimeout(() => {
    logger.error("could not stop in time", { boundMs });
    process.exit(1);
  }, boundMs);
}
