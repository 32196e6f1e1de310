import assert from "node:assert/strict";
import { type CodeExecutor, RunnerError } from "@gorunner/core";
import { hello, withServer } from "./support/test-server.js";

describe("what is seen of a request", () => {
  it("one info line and one measurement each, by the name of the rpc and never by a path", () =>
    withServer({}, async ({ post, fetch, lines, requests }) => {
      await post("/run", hello);
      await post("/share", hello);
      await fetch("/shared/1");
      await fetch("/shared/1?user_id=1", { method: "DELETE" });
      await fetch("/secret-path");
      await fetch("/run");
      await fetch("/%zz");
      const expected = [
        ["RunCode", "OK"],
        ["ShareCode", "OK"],
        ["GetCodeByID", "OK"],
        ["DeleteCode", "OK"],
        ["unknown", "NOT_FOUND"],
        ["unknown", "INVALID_ARGUMENT"],
        ["unknown", "INVALID_ARGUMENT"],
      ];
      assert.deepEqual(
        requests.map(({ method, code }) => [method, code]),
        expected,
      );
      assert.deepEqual(
        lines.map(({ level, transport, method, code }) => [level, transport, method, code]),
        expected.map((names) => ["info", "http", ...names]),
      );
      assert.ok(lines.every(({ durationMs }) => typeof durationMs === "number" && durationMs >= 0));
      assert.doesNotMatch(JSON.stringify(lines), /secret-path|package main|Hello/);
    }));

  it("what is UNAVAILABLE has a line more, which tells why without a stack", () => {
    const cause = new Error("25006: cannot execute INSERT in a read-only transaction");
    const executor: CodeExecutor = {
      execute: async () => {
        throw new RunnerError("UNAVAILABLE", "the store is away", { cause });
      },
    };
    return withServer({ executor }, async ({ post, lines }) => {
      await post("/share", hello);
      const [refused] = lines.filter(({ level }) => level === "warn");
      assert.deepEqual([refused?.["why"], refused?.["cause"]], ["the store is away", cause.message]);
      assert.doesNotMatch(JSON.stringify(lines), /observability\.spec/);
    });
  });

  it("probes and documentation are neither logged nor measured", () =>
    withServer({}, async ({ fetch, lines, requests }) => {
      for (const path of ["/healthz", "/readyz", "/openapi.json", "/docs"]) assert.equal((await fetch(path)).status, 200);
      assert.deepEqual([lines, requests], [[], []]);
    }));

  it("a client's sane request id is kept: in the scope of the work, in the log and in the answer", () =>
    withServer({}, async ({ post, lines }) => {
      const response = await post("/run", hello, { "X-Request-Id": "a.B-c_9" });
      assert.equal(response.headers.get("x-request-id"), "a.B-c_9");
      assert.equal(lines[0]?.requestId, "a.B-c_9");
    }));

  for (const given of ["", "a b", "ü", "x".repeat(65), "a,b", '"quoted"', "<script>"]) {
    it(`"${given.slice(0, 20)}" is no request id; a new one takes its place`, () =>
      withServer({}, async ({ post, lines }) => {
        const headers = { "X-Request-Id": Buffer.from(given).toString("latin1") };
        const id = (await post("/run", hello, headers)).headers.get("x-request-id") ?? "none";
        assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        assert.equal(lines[0]?.requestId, id);
      }));
  }

  it("every answer has an id of its own, refusals and pages too", () =>
    withServer({}, async ({ fetch }) => {
      const ids = new Set<string | null>();
      const paths = ["/nope", "/shared/0", "/healthz", "/docs", "/%zz", "/docs/swagger-ui.css"];
      for (const path of paths) ids.add((await fetch(path)).headers.get("x-request-id"));
      assert.equal(ids.size, paths.length);
      assert.ok(!ids.has(null));
    }));

  it("requests at the same time keep their own ids", () =>
    withServer({}, async ({ post, lines }) => {
      const ids = Array.from({ length: 20 }, (_, index) => `request-${index}`);
      await Promise.all(ids.map((id) => post("/run", hello, { "X-Request-Id": id })));
      assert.deepEqual(new Set(lines.map(({ requestId }) => requestId)), new Set(ids));
    }));
});
