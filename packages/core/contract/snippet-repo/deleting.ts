/** By an admin, once, and for good. */
import assert from "node:assert/strict";
import { maxInt64 } from "@gorunner/core";
import { aSnippet } from "../samples.js";
import { admin, type Check } from "./check.js";

export function deleting(check: Check): void {
  check("an id is not reused after its snippet was deleted", async (repo) => {
    const first = await repo.save(aSnippet());
    await repo.delete(first.id, admin);
    const second = await repo.save(aSnippet());
    assert.ok(second.id > first.id);
  });

  check("delete says true once, and the snippet is gone, by its id and by its key", async (repo) => {
    const { id, key } = await repo.save(aSnippet());
    assert.equal(await repo.delete(id, admin), true);
    assert.equal(await repo.findById(id), undefined);
    assert.equal(await repo.findByKey(key), undefined);
    assert.deepEqual(await repo.list({ limit: 10 }), { snippets: [] });
    assert.equal(await repo.delete(id, admin), false);
  });

  check("delete says false for an id that never was", async (repo) => {
    assert.equal(await repo.delete(12345n, admin), false);
    assert.equal(await repo.delete(maxInt64, admin), false);
  });

  check("delete leaves other snippets alone", async (repo) => {
    const kept = await repo.save(aSnippet({ code: "kept" }));
    const gone = await repo.save(aSnippet({ code: "gone" }));
    await repo.delete(gone.id, admin);
    assert.deepEqual(await repo.findById(kept.id), kept);
    assert.deepEqual(await repo.findByKey(kept.key), kept);
  });

  check("of two racing deletes exactly one reports the deletion", async (repo) => {
    const { id } = await repo.save(aSnippet());
    const outcomes = await Promise.all([repo.delete(id, admin), repo.delete(id, admin)]);
    assert.deepEqual(outcomes.sort(), [false, true]);
  });
}
