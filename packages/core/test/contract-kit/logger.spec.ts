import { type LogFields, type Logger, silentLogger } from "@gorunner/core";
import { loggerContract } from "@gorunner/core/contract";
import { opening, overridden, provesKit } from "./proof.js";

/** As a logger would that writes JSON and looks at nothing before. */
const asJson = (_message: string, fields?: LogFields) => void JSON.stringify(fields);

const mutant = (methods: Partial<Logger>) => () => overridden(silentLogger, methods);

provesKit<Logger>({
  port: "Logger",
  declare: (it, logger) =>
    loggerContract(
      it,
      opening(() => logger),
    ),
  correct: () => silentLogger,
  mutants: {
    "debug takes any fields and does not throw": mutant({ debug: asJson }),
    "info takes any fields and does not throw": mutant({ info: (_message, { err } = {}) => void (err as Error).message }),
    "warn takes any fields and does not throw": mutant({ warn: async () => {} }),
    "error takes any fields and does not throw": mutant({ error: (_message, fields) => void Object.values(fields ?? {}) }),
  },
});
