/** By id and by public key. */
import assert from "node:assert/strict";
import { maxInt64 } from "@gorunner/core";
import { isError } from "../code-executor/check.js";
import { aKey, aSnippet } from "../samples.js";
import { type Check, farAway } from "./check.js";

export function finding(check: Check): void {
  check("findById and findByKey answer what save answered", async (repo) => {
    const saved = await repo.save(aSnippet({ toolchain: "go1.26.8" }));
    assert.deepEqual(await repo.findById(saved.id), saved);
    assert.deepEqual(await repo.findByKey(saved.key), saved);
  });

  check("an unknown id is undefined", async (repo) => {
    assert.equal(await repo.findById(1n), undefined);
    assert.equal(await repo.findById(maxInt64), undefined);
  });

  check("an unknown key is undefined", async (repo) => {
    await repo.save(aSnippet());
    assert.equal(await repo.findByKey(aKey()), undefined);
  });

  check("what a caller does to what was found by its key does not change the store", async (repo) => {
    const saved = await repo.save(aSnippet({ expiresAt: farAway() }));
    const found = await repo.findByKey(saved.key);
    assert.ok(found !== undefined);
    found.output = "altered";
    found.expiresAt?.setTime(0);
    assert.deepEqual(await repo.findByKey(saved.key), saved);
  });

  check("what can't be a key is INVALID_ARGUMENT, for saving and for finding", async (repo) => {
    for (const key of [
      "",
      "x",
      "a".repeat(15),
      "a".repeat(17),
      `${"a".repeat(15)}+`,
      `${"a".repeat(15)}\0`,
      `${"a".repeat(16)}\n`,
      "ä".repeat(16),
    ]) {
      await assert.rejects(repo.save(aSnippet({ key })), isError("INVALID_ARGUMENT"), JSON.stringify(key));
      await assert.rejects(repo.findByKey(key), isError("INVALID_ARGUMENT"), JSON.stringify(key));
    }
    assert.deepEqual(await repo.list({ limit: 10 }), { snippets: [] });
  });

  check("keys are told apart by case, and mean themselves alone", async (repo) => {
    const keys = ["abcdefghijklmnop", "ABCDEFGHIJKLMNOP", "abcdefghijklmno_", "abcdefghijklmno-", "0000000000000001", "0000000000000010"];
    for (const key of keys) await repo.save(aSnippet({ key, code: key }));
    for (const key of keys) assert.equal((await repo.findByKey(key))?.code, key);
    for (const key of ["aBCDEFGHIJKLMNOP", "________________", "0000000000000100"]) assert.equal(await repo.findByKey(key), undefined);
  });
}
