/** What was deleted, by whom and when: an audit's memory, and what a cache that was away catches up with. */
import assert from "node:assert/strict";
import { type Deletion, maxDeletionAgeMs, maxPageSize, type SnippetRepo } from "@gorunner/core";
import { isError } from "../code-executor/check.js";
import { aSnippet } from "../samples.js";
import { admin, type Check, lastAdmin, longAgo } from "./check.js";

export function deletionLog(check: Check): void {
  check("a deletion is logged with id, admin and time, and nothing of the snippet; expiry as expiry", async (repo) => {
    const { cursor } = await repo.deletionsSince(undefined, 10);
    const before = Date.now();
    const one = await repo.save(aSnippet());
    const other = await repo.save(aSnippet());
    const expired = await repo.save(aSnippet({ expiresAt: longAgo() }));
    await repo.delete(one.id, admin);
    await repo.delete(other.id, lastAdmin);
    await repo.deleteExpired(1);
    const { deletions } = await repo.deletionsSince(cursor, 10);
    const expected: [bigint, Deletion["by"]][] = [
      [one.id, admin],
      [other.id, lastAdmin],
      [expired.id, "expiry"],
    ];
    assert.deepEqual(
      deletions.map(({ id, by }) => [id, by]),
      expected,
    );
    for (const deletion of deletions) {
      assert.deepEqual(Object.keys(deletion).sort(), ["at", "by", "id"]);
      assert.ok(Math.abs(deletion.at.getTime() - before) < 60_000, `${deletion.at.toISOString()} is about now`);
    }
  });

  check("a delete that deleted nothing logs nothing", async (repo) => {
    const { id } = await repo.save(aSnippet());
    await repo.delete(id, admin);
    await repo.delete(id, lastAdmin);
    await repo.delete(404n, admin);
    assert.deepEqual(
      (await repo.deletionsSince("", 10)).deletions.map(({ by }) => by),
      [admin],
    );
  });

  check("of racing deletes of one snippet one is logged, the one that said true", async (repo) => {
    const { id } = await repo.save(aSnippet());
    const admins = Array.from({ length: 8 }, (_, index) => BigInt(index + 1));
    const outcomes = await Promise.all(admins.map((user) => repo.delete(id, user)));
    const { deletions } = await repo.deletionsSince("", 10);
    assert.deepEqual(
      deletions.map(({ by }) => by),
      admins.filter((_user, index) => outcomes[index]),
    );
  });

  check("no cursor is now: nothing of before, everything after", async (repo) => {
    await repo.delete((await repo.save(aSnippet())).id, admin);
    const now = await repo.deletionsSince(undefined, 10);
    assert.deepEqual(now.deletions, []);
    const later = await repo.save(aSnippet());
    assert.deepEqual((await repo.deletionsSince(now.cursor, 10)).deletions, []);
    await repo.delete(later.id, admin);
    assert.deepEqual(
      (await repo.deletionsSince(now.cursor, 10)).deletions.map(({ id }) => id),
      [later.id],
    );
  });

  check("a cursor of an empty log sees the first deletion", async (repo) => {
    const { cursor } = await repo.deletionsSince(undefined, 10);
    assert.equal((await repo.deletionsSince(cursor, 10)).cursor, cursor);
    const { id } = await repo.save(aSnippet());
    await repo.delete(id, admin);
    assert.deepEqual(
      (await repo.deletionsSince(cursor, 10)).deletions.map((deletion) => deletion.id),
      [id],
    );
  });

  check("pages of every size hold each deletion once, the oldest first", async (repo) => {
    const ids: bigint[] = [];
    for (let number = 0; number < 5; number++) ids.push((await repo.save(aSnippet())).id);
    for (const id of ids) await repo.delete(id, admin);
    for (const limit of [1, 2, 4, 5, 6]) assert.deepEqual(await readOn(repo, "", limit), ids, `pages of ${limit}`);
  });

  check("a page of the log is full unless the log has ended", async (repo) => {
    // Expired ones, as they are deleted by one call.
    await Promise.all(Array.from({ length: maxPageSize + 1 }, () => repo.save(aSnippet({ expiresAt: longAgo() }))));
    for (let left = maxPageSize + 1; left > 0; ) left -= (await repo.deleteExpired(maxPageSize)).length;
    const first = await repo.deletionsSince("", maxPageSize);
    assert.equal(first.deletions.length, maxPageSize);
    assert.equal((await repo.deletionsSince(first.cursor, maxPageSize)).deletions.length, 1);
  });

  check("a deletion is told the same each time, whatever the hearer does to it", async (repo) => {
    await repo.delete((await repo.save(aSnippet())).id, admin);
    const told = async () => (await repo.deletionsSince("", 10)).deletions;
    const first = await told();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await told();
    assert.deepEqual(second, first);
    for (const deletion of second) {
      deletion.at.setTime(0);
      deletion.by = "expiry";
    }
    assert.deepEqual(await told(), first);
  });

  check("who needs none but young deletions is told all of those, from his cursor on", async (repo) => {
    const ids: bigint[] = [];
    for (let number = 0; number < 3; number++) ids.push((await repo.save(aSnippet())).id);
    for (const id of ids) await repo.delete(id, admin);
    const first = await repo.deletionsSince("", 2, { youngerThanMs: anHourMs });
    const second = await repo.deletionsSince(first.cursor, 2, { youngerThanMs: anHourMs });
    assert.deepEqual(
      [first, second].map(({ deletions }) => deletions.map(({ id }) => id)),
      [ids.slice(0, 2), ids.slice(2)],
    );
  });

  check("who needs none but young deletions is told no older ones, and goes on behind them", async (repo) => {
    await repo.delete((await repo.save(aSnippet())).id, admin);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { deletions, cursor } = await repo.deletionsSince("", 10, { youngerThanMs: 50 });
    assert.deepEqual(deletions, []);
    const later = await repo.save(aSnippet());
    await repo.delete(later.id, admin);
    assert.deepEqual(
      (await repo.deletionsSince(cursor, 10)).deletions.map(({ id }) => id),
      [later.id],
    );
  });

  check("what is no age is the nearest that there is", async (repo) => {
    const { id } = await repo.save(aSnippet());
    await repo.delete(id, admin);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const toldOf = async (youngerThanMs: number) => (await repo.deletionsSince("", 10, { youngerThanMs })).deletions.length;
    for (const all of [maxDeletionAgeMs, 1e17, Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NaN])
      assert.equal(await toldOf(all), 1, `${all}`);
    for (const none of [0, 0.5, -1, -1e17, Number.NEGATIVE_INFINITY]) assert.equal(await toldOf(none), 0, `${none}`);
  });

  check("of deletions one after the other none is said to have been before the one before it", async (repo) => {
    for (let number = 0; number < 5; number++) {
      await repo.delete((await repo.save(aSnippet())).id, admin);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const times = (await repo.deletionsSince("", 10)).deletions.map(({ at }) => at.getTime());
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    );
  });

  check("who reads on while many delete at once misses none and hears of none twice", async (repo) => {
    const { cursor } = await repo.deletionsSince(undefined, 1);
    const saved = await Promise.all(Array.from({ length: 60 }, () => repo.save(aSnippet())));
    let isOver = false;
    const told: bigint[] = [];
    const reading = (async () => {
      for (let at = cursor; ; ) {
        const wasOver = isOver;
        const page = await repo.deletionsSince(at, 7);
        told.push(...page.deletions.map(({ id }) => id));
        at = page.cursor;
        if (wasOver && page.deletions.length === 0) return;
        // A store that reads from memory would leave no time for its own writing.
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    const deleting = await Promise.all(saved.map(({ id }) => repo.delete(id, admin))).finally(() => {
      isOver = true;
    });
    await reading;
    assert.ok(deleting.every(Boolean));
    assert.deepEqual(told.sort(), saved.map(({ id }) => id).sort());
  });

  check("a cursor that is none is INVALID_ARGUMENT, in the log too", async (repo) => {
    for (const cursor of ["no cursor", "\0", "-1", "1; --", "9".repeat(400)]) {
      await assert.rejects(repo.deletionsSince(cursor, 1), isError("INVALID_ARGUMENT"));
    }
  });
}

const anHourMs = 60 * 60 * 1000;

async function readOn(repo: SnippetRepo, from: string, limit: number): Promise<bigint[]> {
  const ids: bigint[] = [];
  for (let cursor = from; ; ) {
    const page = await repo.deletionsSince(cursor, limit);
    if (page.deletions.length === 0) return ids;
    assert.ok(page.deletions.length <= limit);
    ids.push(...page.deletions.map(({ id }) => id));
    cursor = page.cursor;
  }
}
