/** One request makes one snippet, however often it is sent. */
import assert from "node:assert/strict";
import { aKey, aSnippet } from "../samples.js";
import { admin, type Check, longAgo } from "./check.js";

export function repeating(check: Check): void {
  check("a save repeated with its key answers the first snippet and stores nothing", async (repo) => {
    const given = aSnippet();
    const first = await repo.save(given);
    assert.deepEqual(await repo.save(given), first);
    assert.equal((await repo.list({ limit: 10 })).snippets.length, 1);
  });

  check("a save repeated with its idempotency key answers the first snippet and stores nothing", async (repo) => {
    const first = await repo.save(aSnippet({ idempotencyKey: "request-1", code: "first" }));
    const key = aKey();
    assert.deepEqual(await repo.save(aSnippet({ idempotencyKey: "request-1", code: "second", key })), first);
    assert.equal(await repo.findByKey(key), undefined);
    assert.equal((await repo.list({ limit: 10 })).snippets.length, 1);
  });

  check("of twenty racing saves with one key one is stored, and all answer it", async (repo) => {
    const given = aSnippet();
    const saved = await Promise.all(Array.from({ length: 20 }, () => repo.save(given)));
    for (const snippet of saved) assert.deepEqual(snippet, saved[0]);
    assert.equal((await repo.list({ limit: 30 })).snippets.length, 1);
  });

  check("of twenty racing saves with one idempotency key one is stored, and all answer it", async (repo) => {
    const saved = await Promise.all(Array.from({ length: 20 }, () => repo.save(aSnippet({ idempotencyKey: "request-1" }))));
    for (const snippet of saved) assert.deepEqual(snippet, saved[0]);
    assert.equal((await repo.list({ limit: 30 })).snippets.length, 1);
  });

  check("other idempotency keys make other snippets, in upper and lower case too", async (repo) => {
    const saved = await Promise.all(["a", "A", "b", "~".repeat(128)].map((idempotencyKey) => repo.save(aSnippet({ idempotencyKey }))));
    assert.equal(new Set(saved.map(({ id }) => id)).size, 4);
  });

  check("where both keys are known, the idempotency key decides", async (repo) => {
    const byName = await repo.save(aSnippet({ idempotencyKey: "request-1" }));
    const byKey = await repo.save(aSnippet());
    assert.deepEqual(await repo.save(aSnippet({ idempotencyKey: "request-1", key: byKey.key })), byName);
    assert.deepEqual(await repo.save(aSnippet({ idempotencyKey: "request-2", key: byKey.key })), byKey);
  });

  check("an idempotency key is forgotten with its snippet, and not before it is swept", async (repo) => {
    const first = await repo.save(aSnippet({ idempotencyKey: "request-1", expiresAt: longAgo() }));
    assert.deepEqual(await repo.save(aSnippet({ idempotencyKey: "request-1" })), first);
    assert.deepEqual(await repo.deleteExpired(10), [first.id]);
    const second = await repo.save(aSnippet({ idempotencyKey: "request-1" }));
    assert.ok(second.id > first.id);
    assert.equal(await repo.delete(second.id, admin), true);
    assert.ok((await repo.save(aSnippet({ idempotencyKey: "request-1" }))).id > second.id);
  });
}
