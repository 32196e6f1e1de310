/** By id and by public key. */
import assert from "node:assert/strict";
import { maxInt64 } from "@gorunner/core";
import { aKey, aSnippet } from "../samples.js";
import type { Check } from "./check.js";

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

  check("keys are told apart by case, and mean themselves alone", async (repo) => {
    const keys = ["abcdefghijklmnop", "ABCDEFGHIJKLMNOP", "abcdefghijklmno_", "abcdefghijklmno-", "0000000000000001", "0000000000000010"];
    for (const key of keys) await repo.save(aSnippet({ key, code: key }));
    for (const key of keys) assert.equal((await repo.findByKey(key))?.code, key);
    for (const key of ["aBCDEFGHIJKLMNOP", "________________", "0000000000000100"]) assert.equal(await repo.findByKey(key), undefined);
  });
}
