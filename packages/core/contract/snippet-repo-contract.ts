import assert from "node:assert/strict";
import { maxCodeBytes, maxInt64, type SnippetRepo } from "@gorunner/core";
import { aSnippet } from "./samples.js";
import { casesOn, type It, type Opened, withOpened } from "./suite.js";

/** Every rule of {@link SnippetRepo}. `open` gives an empty store of its own each time. */
export function snippetRepoContract(it: It, open: () => Promise<Opened<SnippetRepo>>): void {
  const check = casesOn(it, open);

  it("two opened stores are isolated", () =>
    withOpened(open, (one) =>
      withOpened(open, async (other) => {
        const { id } = await one.save(aSnippet());
        assert.equal(await other.findById(id), undefined);
      }),
    ));

  check("save answers what was given, with an id and a time", async (repo) => {
    const before = Date.now();
    const given = aSnippet({ output: "out\n", error: "err\n" });
    const saved = await repo.save(given);
    assert.ok(saved.id > 0n, `id ${saved.id} is positive`);
    assert.deepEqual(
      { code: saved.code, output: saved.output, error: saved.error },
      { code: given.code, output: given.output, error: given.error },
    );
    // The store's clock need not be ours; a minute apart is a broken time zone.
    assert.ok(Math.abs(saved.createdAt.getTime() - before) < 60_000, `${saved.createdAt.toISOString()} is about now`);
  });

  check("findById answers what save answered", async (repo) => {
    const saved = await repo.save(aSnippet());
    assert.deepEqual(await repo.findById(saved.id), saved);
  });

  check("an unknown id is undefined", async (repo) => {
    assert.equal(await repo.findById(1n), undefined);
    assert.equal(await repo.findById(maxInt64), undefined);
  });

  check("the same code saved twice gets two ids, the second larger", async (repo) => {
    const first = await repo.save(aSnippet());
    const second = await repo.save(aSnippet());
    assert.ok(second.id > first.id);
  });

  check("an id is not reused after its snippet was deleted", async (repo) => {
    const first = await repo.save(aSnippet());
    await repo.delete(first.id, 1n);
    const second = await repo.save(aSnippet());
    assert.ok(second.id > first.id);
  });

  check("delete says true once, and the snippet is gone", async (repo) => {
    const { id } = await repo.save(aSnippet());
    assert.equal(await repo.delete(id, 1n), true);
    assert.equal(await repo.findById(id), undefined);
    assert.equal(await repo.delete(id, 1n), false);
  });

  check("delete says false for an id that never was", async (repo) => {
    assert.equal(await repo.delete(12345n, 1n), false);
    assert.equal(await repo.delete(maxInt64, 1n), false);
  });

  check("delete leaves other snippets alone", async (repo) => {
    const kept = await repo.save(aSnippet({ code: "kept" }));
    const gone = await repo.save(aSnippet({ code: "gone" }));
    await repo.delete(gone.id, 1n);
    assert.deepEqual(await repo.findById(kept.id), kept);
  });

  check("of two racing deletes exactly one reports the deletion", async (repo) => {
    const { id } = await repo.save(aSnippet());
    const outcomes = await Promise.all([repo.delete(id, 1n), repo.delete(id, 1n)]);
    assert.deepEqual(outcomes.sort(), [false, true]);
  });

  check("a hundred racing saves get a hundred ids", async (repo) => {
    const saved = await Promise.all(Array.from({ length: 100 }, (_, index) => repo.save(aSnippet({ code: `code ${index}` }))));
    assert.equal(new Set(saved.map(({ id }) => id)).size, 100);
    for (const snippet of saved) assert.deepEqual(await repo.findById(snippet.id), snippet);
  });

  check("text comes back as it went in", async (repo) => {
    for (const text of [
      "",
      " ",
      "ünïcödé 🦫 \u2028\u2029",
      "a\r\nb\tc\u0001\u007f",
      "'; drop table shared_codes; --",
      "\\x00 %s $1 ?",
      "\ufeffbom",
      "\ufffd",
    ]) {
      const saved = await repo.save(aSnippet({ code: `code${text}`, output: text, error: text }));
      assert.deepEqual(await repo.findById(saved.id), saved);
      assert.equal(saved.output, text);
    }
  });

  check("the largest code and outputs fit", async (repo) => {
    const saved = await repo.save(
      aSnippet({ code: "x".repeat(maxCodeBytes), output: "\ufffd".repeat(1024 * 1024), error: "e".repeat(1024 * 1024) }),
    );
    assert.deepEqual(await repo.findById(saved.id), saved);
  });
}
