/** Snippets with an end. */
import assert from "node:assert/strict";
import { aSnippet } from "../samples.js";
import { admin, type Check, farAway, longAgo } from "./check.js";

export function expiry(check: Check): void {
  check("an expired snippet is as if it were not there, swept or not", async (repo) => {
    const { id, key } = await repo.save(aSnippet({ expiresAt: longAgo() }));
    const looksGone = async () => {
      assert.equal(await repo.findById(id), undefined);
      assert.equal(await repo.findByKey(key), undefined);
      assert.deepEqual(await repo.list({ limit: 10 }), { snippets: [] });
      assert.equal(await repo.delete(id, admin), false);
    };
    await looksGone();
    await repo.deleteExpired(10);
    await looksGone();
  });

  check("a snippet that will expire is there until then", async (repo) => {
    const saved = await repo.save(aSnippet({ expiresAt: farAway() }));
    assert.deepEqual(await repo.findById(saved.id), saved);
    assert.deepEqual(await repo.deleteExpired(10), []);
    assert.deepEqual(await repo.findById(saved.id), saved);
  });

  check("a snippet expires by itself when its time comes", async (repo) => {
    const { id } = await repo.save(aSnippet({ expiresAt: new Date(Date.now() + 50) }));
    const deadline = performance.now() + 2000;
    while ((await repo.findById(id)) !== undefined) {
      assert.ok(performance.now() < deadline, "it is still there");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  check("deleteExpired deletes what has expired, at most so many, and nothing else", async (repo) => {
    const kept = await repo.save(aSnippet());
    const expired = [];
    for (let number = 0; number < 5; number++) expired.push((await repo.save(aSnippet({ expiresAt: longAgo() }))).id);
    const first = await repo.deleteExpired(3);
    assert.equal(first.length, 3);
    const second = await repo.deleteExpired(3);
    assert.equal(second.length, 2);
    assert.deepEqual([...first, ...second].sort(), expired.sort());
    assert.deepEqual(await repo.deleteExpired(3), []);
    assert.deepEqual(await repo.findById(kept.id), kept);
  });

  check("deleteExpired leaves what has expired more recently than it was told to, and that is as if it were not there", async (repo) => {
    const minuteMs = 60_000;
    const recent = await repo.save(aSnippet({ expiresAt: new Date(Date.now() - 10 * minuteMs) }));
    const old = await repo.save(aSnippet({ expiresAt: new Date(Date.now() - 30 * minuteMs) }));
    assert.deepEqual(await repo.deleteExpired(10, { expiredForMs: 20 * minuteMs }), [old.id]);
    assert.equal(await repo.findById(recent.id), undefined);
    assert.deepEqual(await repo.deleteExpired(10), [recent.id]);
  });

  check("several that sweep at once delete and log each snippet once", async (repo) => {
    const saved = await Promise.all(Array.from({ length: 30 }, () => repo.save(aSnippet({ expiresAt: longAgo() }))));
    const swept: bigint[] = [];
    const sweep = async () => {
      for (;;) {
        const ids = await repo.deleteExpired(4);
        swept.push(...ids);
        if (ids.length === 0) return;
      }
    };
    await Promise.all([sweep(), sweep(), sweep()]);
    const expected = saved.map(({ id }) => id).sort();
    assert.deepEqual(swept.sort(), expected);
    const { deletions } = await repo.deletionsSince("", 100);
    assert.deepEqual(deletions.map(({ id }) => id).sort(), expected);
    assert.ok(deletions.every(({ by }) => by === "expiry"));
  });
}
