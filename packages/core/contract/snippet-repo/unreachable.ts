/** A store whose database is gone. */
import assert from "node:assert/strict";
import { isError } from "../code-executor/check.js";
import { aKey, aSnippet } from "../samples.js";
import { admin, type Check } from "./check.js";

export function unreachable(check: Check): void {
  check("without its database every call is UNAVAILABLE, in time", async (repo) => {
    const start = performance.now();
    const calls = [
      repo.save(aSnippet()),
      repo.save(aSnippet({ idempotencyKey: "request-1" })),
      repo.findById(1n),
      repo.findByKey(aKey()),
      repo.delete(1n, admin),
      repo.deleteExpired(1),
      repo.storedBytes(),
      repo.list({ limit: 1 }),
      repo.deletionsSince(undefined, 1),
      repo.deletionsSince("", 1),
    ];
    await Promise.all(calls.map((call) => assert.rejects(call, isError("UNAVAILABLE"))));
    const tookMs = performance.now() - start;
    assert.ok(tookMs < 10_000, `twice the time that a call may take, but it was ${tookMs} ms`);
  });
}
