import assert from "node:assert/strict";
import { type CodeExecutor, encodeUtf8, maxCodeBytes, maxInt64, type Snippet } from "@gorunner/core";
import { InMemorySnippetRepo } from "@gorunner/core/contract";
import { anExecution, anExecutor } from "./support/in-test-ports.js";
import { hello, onlyUserOneIsAdmin, withServer } from "./support/test-server.js";

const code = "package main\n\nfunc main() {}\n";

describe("the four calls over REST", () => {
  it("run, share, get and delete answer as api.md says, as JSON", () =>
    withServer({ snippets: new InMemorySnippetRepo({ firstId: 2n }) }, async ({ post, fetch }) => {
      const run = await post("/run", hello);
      assert.equal(run.status, 200);
      assert.equal(run.headers.get("content-type"), "application/json");
      assert.deepEqual(await run.json(), { code, output: "Hello RunCode!\n", error: "" });

      assert.deepEqual(await (await post("/share", hello)).json(), { id: "2" });
      assert.deepEqual(await (await fetch("/shared/2")).json(), { code, output: "Hello RunCode!\n", error: "" });
      assert.deepEqual(await (await fetch("/shared/2?user_id=1", { method: "DELETE" })).json(), { success: true });
      assert.equal((await fetch("/shared/2")).status, 404);
    }));

  it("the executor is told the client's address, and no header that anybody can send", async () => {
    const callers: (string | undefined)[] = [];
    const executor: CodeExecutor = {
      execute: async ({ caller }) => {
        callers.push(caller);
        return anExecution();
      },
    };
    await withServer({ executor }, async ({ url }) => {
      for (const route of ["/run", "/share"]) {
        await fetch(`${url}${route}`, { method: "POST", body: JSON.stringify({ code }), headers: { "X-Forwarded-For": "10.0.0.1" } });
      }
    });
    assert.deepEqual(new Set(callers).size, 1);
    assert.match(callers[0] ?? "", /^(::ffff:)?127\.0\.0\.1$|^::1$/);
  });

  it("fields stand in the order of their numbers, also the empty ones", () =>
    withServer({ executor: anExecutor({ stdout: encodeUtf8(""), outcome: "exit_error", exitCode: 3 }) }, async ({ post }) => {
      const { output, error } = JSON.parse(await (await post("/run", hello)).text());
      assert.deepEqual({ output, error }, { output: "", error: "exit status 3" });
      assert.match(await (await post("/run", hello)).text(), /^\{"code":.*,"output":.*,"error":.*\}$/);
    }));

  it("the user may be named as userId too", () =>
    withServer({}, async ({ post, fetch }) => {
      await post("/share", hello);
      assert.equal((await fetch("/shared/1?userId=2", { method: "DELETE" })).status, 403);
      assert.equal((await fetch("/shared/1?userId=1", { method: "DELETE" })).status, 200);
    }));

  it("ids and users beyond 2^53 arrive and leave unharmed", async () => {
    const seen: bigint[] = [];
    const admins = {
      isAdmin: async (user: bigint) => {
        seen.push(user);
        return true;
      },
    };
    await withServer({ snippets: new InMemorySnippetRepo({ firstId: maxInt64 }), admins }, async ({ post, fetch }) => {
      assert.deepEqual(await (await post("/share", hello)).json(), { id: "9223372036854775807" });
      assert.equal((await fetch("/shared/9223372036854775807")).status, 200);
      assert.equal((await fetch("/shared/9223372036854775807?user_id=9007199254740993", { method: "DELETE" })).status, 200);
      assert.deepEqual(seen, [9007199254740993n]);
    });
  });

  it("a number is read as Go's strconv.ParseInt reads it", () =>
    withServer({}, async ({ post, fetch }) => {
      await post("/share", hello);
      for (const id of ["1", "+1", "%2B1", "0001", "%31"]) assert.equal((await fetch(`/shared/${id}`)).status, 200, id);
    }));

  it("64 KiB of code reach the executor byte for byte", async () => {
    const large = "// ü🙂".padEnd(maxCodeBytes - 3, "x");
    const seen: Uint8Array[] = [];
    const executor: CodeExecutor = {
      execute: async ({ files }) => {
        seen.push(files[0]?.content ?? encodeUtf8(""));
        return anExecution();
      },
    };
    await withServer({ executor }, async ({ post }) => {
      assert.equal((await post("/run", JSON.stringify({ code: large }))).status, 200);
      assert.deepEqual(Buffer.from(seen[0] ?? []), Buffer.from(large));
      assert.equal(seen[0]?.length, maxCodeBytes);
    });
  });

  it("HEAD answers as GET does, without a body", () =>
    withServer({}, async ({ post, fetch }) => {
      await post("/share", hello);
      const head = await fetch("/shared/1", { method: "HEAD" });
      assert.equal(head.status, 200);
      assert.equal(await head.text(), "");
    }));

  it("answers are never cached, nor guessed at", () =>
    withServer({}, async ({ post }) => {
      const { headers } = await post("/run", hello);
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("x-powered-by"), null);
    }));

  it("the admin check comes before the store is looked at", async () => {
    const deletions: bigint[] = [];
    const snippets = Object.assign(new InMemorySnippetRepo(), {
      delete: async (id: Snippet["id"]) => {
        deletions.push(id);
        return true;
      },
    });
    await withServer({ snippets, admins: onlyUserOneIsAdmin }, async ({ fetch }) => {
      assert.equal((await fetch("/shared/42?user_id=2", { method: "DELETE" })).status, 403);
      assert.deepEqual(deletions, []);
    });
  });
});
