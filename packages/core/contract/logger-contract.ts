import assert from "node:assert/strict";
import type { LogFields, Logger } from "@gorunner/core";
import { casesOn, type It, type Opened } from "./suite.js";

/** Every rule of {@link Logger}: it takes any fields at every level, and never throws. */
export function loggerContract(it: It, open: () => Promise<Opened<Logger>>): void {
  const circular: LogFields = {};
  circular["self"] = circular;
  const oddFields: (LogFields | undefined)[] = [
    undefined,
    {},
    { err: new Error("told", { cause: new Error("why") }) },
    { id: 9007199254740993n },
    { nothing: undefined, none: null, list: [1, "two"], when: new Date(0) },
    circular,
    {
      get broken(): string {
        throw new Error("a getter that throws");
      },
    },
  ];

  for (const level of ["debug", "info", "warn", "error"] as const) {
    casesOn(it, open)(`${level} takes any fields and does not throw`, async (logger) => {
      for (const fields of oddFields) assert.equal(logger[level]("a message", fields), undefined);
      assert.equal(logger[level]("with a % and a\nnewline"), undefined);
    });
  }
}
