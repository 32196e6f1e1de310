/** What is stored, and that it comes back as it was. */
import assert from "node:assert/strict";
import { maxCodeBytes } from "@gorunner/core";
import { aSnippet } from "../samples.js";
import { type Check, farAway } from "./check.js";

export function saving(check: Check): void {
  check("save answers what was given, with an id, a time and the code's size in bytes", async (repo) => {
    const before = Date.now();
    const given = aSnippet({ code: "// ünïcödé 🦫\n", output: "out\n", error: "err\n", toolchain: "go1.26.8", expiresAt: farAway() });
    const { id, createdAt, sizeBytes, ...saved } = await repo.save(given);
    assert.ok(id > 0n, `id ${id} is positive`);
    assert.deepEqual(saved, given);
    assert.equal(sizeBytes, 20);
    // The store's clock need not be ours; a minute apart is a broken time zone.
    assert.ok(Math.abs(createdAt.getTime() - before) < 60_000, `${createdAt.toISOString()} is about now`);
  });

  check("what was not given is absent, and the caller's name for the request is not told", async (repo) => {
    const saved = await repo.save(aSnippet({ idempotencyKey: "request-1" }));
    for (const snippet of [saved, await repo.findById(saved.id), await repo.findByKey(saved.key)]) {
      assert.deepEqual(Object.keys(snippet ?? {}).sort(), ["code", "createdAt", "error", "id", "key", "output", "sizeBytes"]);
    }
  });

  check("the same code saved twice gets two ids, the second larger", async (repo) => {
    const first = await repo.save(aSnippet());
    const second = await repo.save(aSnippet());
    assert.ok(second.id > first.id);
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
    const given = aSnippet({ code: "x".repeat(maxCodeBytes), output: "\ufffd".repeat(1024 * 1024), error: "e".repeat(1024 * 1024) });
    const saved = await repo.save(given);
    assert.deepEqual(await repo.findById(saved.id), saved);
    for (const text of ["code", "output", "error"] as const) assert.ok(saved[text] === given[text], `${text} is whole`);
    assert.equal(saved.sizeBytes, maxCodeBytes);
  });

  check("what a caller does to a snippet afterwards does not change the store", async (repo) => {
    const given = aSnippet({ output: "as it was", expiresAt: farAway() });
    const saved = await repo.save(given);
    const { id } = saved;
    for (const snippet of [given, saved, (await repo.findById(id)) ?? saved]) {
      snippet.output = "altered";
      snippet.expiresAt?.setTime(0);
    }
    const found = await repo.findById(id);
    assert.deepEqual([found?.output, found?.expiresAt], ["as it was", farAway()]);
  });
}
