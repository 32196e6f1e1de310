/** How much is stored, by which a store is kept from filling a disk. */
import assert from "node:assert/strict";
import { storedSizeOf } from "@gorunner/core";
import { aKey, aSnippet } from "../samples.js";
import { admin, type Check, longAgo } from "./check.js";

export function storedBytes(check: Check): void {
  check("an empty store takes nothing, and each snippet what its texts take and a little more", async (repo) => {
    assert.equal(await repo.storedBytes(), 0);
    const given = [
      aSnippet({ code: "c", output: "", error: "" }),
      aSnippet({ code: "ünïcödé 🦫", output: "\ufffd".repeat(100_000), error: "e".repeat(1000) }),
    ];
    let expected = 0;
    for (const snippet of given) {
      await repo.save(snippet);
      expected += storedSizeOf(snippet);
      assert.equal(await repo.storedBytes(), expected);
    }
  });

  check("a save that stores nothing new takes nothing", async (repo) => {
    const given = aSnippet({ idempotencyKey: "request-1" });
    await repo.save(given);
    await repo.save({ ...given, output: "longer than what is stored" });
    await repo.save({ ...given, key: aKey(), code: "another" });
    assert.equal(await repo.storedBytes(), storedSizeOf(given));
  });

  check("what is deleted, and what expired when it is swept, takes nothing any more", async (repo) => {
    const kept = await repo.save(aSnippet());
    const deleted = await repo.save(aSnippet({ output: "o".repeat(5000) }));
    const expired = await repo.save(aSnippet({ error: "e".repeat(7000), expiresAt: longAgo() }));
    assert.equal(await repo.storedBytes(), storedSizeOf(kept) + storedSizeOf(deleted) + storedSizeOf(expired));
    await repo.delete(deleted.id, admin);
    await repo.delete(deleted.id, admin);
    assert.equal(await repo.storedBytes(), storedSizeOf(kept) + storedSizeOf(expired));
    await repo.deleteExpired(10);
    assert.equal(await repo.storedBytes(), storedSizeOf(kept));
    await repo.delete(kept.id, admin);
    assert.equal(await repo.storedBytes(), 0);
  });

  check("saves and deletions that race are all counted", async (repo) => {
    const saved = await Promise.all(Array.from({ length: 50 }, (_, index) => repo.save(aSnippet({ output: "x".repeat(index) }))));
    const gone = saved.slice(0, 25);
    const more = aSnippet();
    await Promise.all([...gone.map(({ id }) => repo.delete(id, admin)), ...Array.from({ length: 10 }, () => repo.save(more))]);
    const expected = [...saved.slice(25), more].reduce((sum, snippet) => sum + storedSizeOf(snippet), 0);
    assert.equal(await repo.storedBytes(), expected);
  });
}
