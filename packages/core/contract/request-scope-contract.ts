import assert from "node:assert/strict";
import type { RequestScope } from "@gorunner/core";
import { casesOn, type It, type Opened } from "./suite.js";

/** Every rule of {@link RequestScope}. */
export function requestScopeContract(it: It, open: () => Promise<Opened<RequestScope>>): void {
  const check = casesOn(it, open);

  check("returns what the work returns", async (scope) => {
    assert.equal(
      scope.run("a", () => 42),
      42,
    );
    assert.equal(await scope.run("a", async () => 42), 42);
  });

  check("throws what the work throws", async (scope) => {
    assert.throws(
      () =>
        scope.run("a", () => {
          throw new Error("from within");
        }),
      /from within/,
    );
    await assert.rejects(
      scope.run("a", async () => {
        throw new Error("from within");
      }),
      /from within/,
    );
  });

  check("scopes can be nested", async (scope) => {
    assert.equal(
      scope.run("outer", () => scope.run("inner", () => "done")),
      "done",
    );
  });
}
