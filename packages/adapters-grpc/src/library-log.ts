import type { Logger } from "@gorunner/core";
import { logVerbosity, setLogger, setLogVerbosity } from "@grpc/grpc-js";

/**
 * Sends what grpc-js itself says to `logger`, at debug, instead of to stderr. It repeats only what its callers are told
 * anyway. grpc-js keeps one log a process, so this is for the program to decide, once, at its start.
 */
export function logGrpcLibraryTo(logger: Logger): void {
  const say = (...words: unknown[]) => logger.debug("grpc-js", { said: words.join(" ") });
  setLogger({ error: say, info: say, debug: say });
  setLogVerbosity(logVerbosity.ERROR);
}
