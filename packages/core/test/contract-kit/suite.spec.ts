import assert from "node:assert/strict";
import { aSnippet, InMemorySnippetRepo, snippetRepoContract } from "@gorunner/core/contract";
import { overridden } from "./proof.js";

describe("a case of a contract", () => {
  it("closes what it opened, also when the rule is broken", async () => {
    let opened = 0;
    let closed = 0;
    const bodies: (() => Promise<void>)[] = [];
    const open = async () => {
      opened++;
      const port = overridden(new InMemorySnippetRepo(), { save: () => Promise.reject(new Error("full")) });
      return { port, close: () => closed++ };
    };
    snippetRepoContract((_rule, body) => bodies.push(body), open);
    const results = await Promise.allSettled(bodies.map((body) => body()));
    assert.ok(results.some(({ status }) => status === "rejected"));
    assert.ok(results.some(({ status }) => status === "fulfilled"));
    assert.ok(opened >= bodies.length);
    assert.equal(closed, opened);
  });

  it("makes each snippet under a key of its own", () => {
    assert.equal(new Set(Array.from({ length: 1000 }, () => aSnippet().key)).size, 1000);
  });
});
