import assert from "node:assert/strict";
import { type CodeExecutor, type ErrorCode, maxCodeBytes, RunnerError, unavailable } from "@gorunner/core";
import { InMemorySnippetRepo } from "@gorunner/core/contract";
import { type Body, hello, type TestServer, withServer } from "./support/test-server.js";

interface Refusal {
  code: number;
  message: string;
  details: object[];
}

async function refusal(response: Response): Promise<{ status: number; body: Refusal }> {
  assert.equal(response.headers.get("content-type"), "application/json");
  const body = (await response.json()) as Refusal;
  assert.deepEqual(Object.keys(body), ["code", "message", "details"]);
  assert.notEqual(body.message, "");
  return { status: response.status, body };
}

async function expectRefusal(response: Response, status: number, code: number): Promise<Refusal> {
  const { status: gotStatus, body } = await refusal(response);
  assert.deepEqual({ status: gotStatus, code: body.code }, { status, code }, body.message);
  return body;
}

const refusing = (error: unknown): CodeExecutor => ({
  execute: async () => {
    throw error;
  },
});

const json = (value: unknown) => JSON.stringify(value);

describe("api.md's error table over REST", () => {
  const badBodies: Record<string, Body> = {
    "an empty body, which is an empty message": "",
    "a body of white space": " \r\n\t",
    "no code": "{}",
    "empty code": json({ code: "" }),
    "null code": json({ code: null }),
    "a number as code": json({ code: 5 }),
    "a list as code": json({ code: ["package main"] }),
    "an object as code": json({ code: {} }),
    "a boolean as code": json({ code: true }),
    "code with a NUL": json({ code: "package main\0" }),
    "a lone surrogate": '{"code": "\\ud800"}',
    "one byte over 64 KiB": json({ code: "x".repeat(maxCodeBytes + 1) }),
    "over 64 KiB in bytes, below in characters": json({ code: "ü".repeat(maxCodeBytes / 2 + 1) }),
    "no JSON": "package main",
    "a form": "code=package+main",
    "trailing garbage": '{"code": "package main"} x',
    "two messages": '{"code": "a"}{"code": "b"}',
    "half a message": '{"code": "package main"',
    null: "null",
    "a list": '[{"code": "package main"}]',
    "a string": '"package main"',
    "a number": "5",
    "a byte order mark": '\ufeff{"code": "package main"}',
    "nesting without end": "[".repeat(200_000),
    "a byte that is no UTF-8": Buffer.from('{"code": "\xff"}', "latin1"),
    "an overlong NUL": Buffer.from('{"code": "\xc0\x80"}', "latin1"),
    "a surrogate as bytes": Buffer.from('{"code": "\xed\xa0\x80"}', "latin1"),
    "UTF-16": Buffer.from(json({ code: "package main" }), "utf16le"),
    "bytes that are no UTF-8 in a field that is ignored": Buffer.from('{"code": "package main", "x": "\xff"}', "latin1"),
  };
  for (const [name, body] of Object.entries(badBodies)) {
    it(`INVALID_ARGUMENT: ${name}`, () =>
      withServer({}, async ({ post }) => {
        for (const path of ["/run", "/share"]) await expectRefusal(await post(path, body), 400, 3);
      }));
  }

  const badIds = [
    "0",
    "-1",
    "x",
    "1x",
    "1.0",
    "1e3",
    "0x1",
    "%20",
    "1%20",
    "null",
    "9223372036854775808",
    "%D9%A1",
    "1%2F2",
    "1:2",
    "",
    "%zz",
    "%ff",
  ];
  for (const id of badIds) {
    it(`INVALID_ARGUMENT: the id "${id}"`, () =>
      withServer({}, async ({ fetch }) => {
        await expectRefusal(await fetch(`/shared/${id}`), 400, 3);
        await expectRefusal(await fetch(`/shared/${id}?user_id=1`, { method: "DELETE" }), 400, 3);
      }));
  }

  const badUsers = ["", "?user_id=", "?user_id=0", "?user_id=-1", "?user_id=x", "?user_id=+1", "?user_id=9223372036854775808"];
  for (const query of [...badUsers, "?user_id=1&user_id=1", "?user_id=1&userId=1", "?user_id=%zz", "?USER_ID=1"]) {
    it(`INVALID_ARGUMENT: the user of "${query}"`, () =>
      withServer({}, async ({ post, fetch }) => {
        await post("/share", hello);
        await expectRefusal(await fetch(`/shared/1${query}`, { method: "DELETE" }), 400, 3);
        assert.equal((await fetch("/shared/1")).status, 200);
      }));
  }

  it("NOT_FOUND: no such snippet", () =>
    withServer({}, async ({ fetch }) => {
      assert.deepEqual(await (await fetch("/shared/42")).json(), { code: 5, message: "snippet 42 not found", details: [] });
      await expectRefusal(await fetch("/shared/42?user_id=1", { method: "DELETE" }), 404, 5);
    }));

  it("NOT_FOUND: no such route; paths match exactly", () =>
    withServer({}, async ({ fetch }) => {
      for (const path of ["/", "/nope", "/run/", "/RUN", "/shared", "/shared/1/2", "/shared/1/", "/metrics", "//run"]) {
        await expectRefusal(await fetch(path, { method: "POST", body: hello }), 404, 5);
      }
    }));

  it("UNIMPLEMENTED: a known route with another method, 501 as grpc-gateway says, naming those there are", () =>
    withServer({}, async ({ fetch }) => {
      const wrong = {
        "/run": ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"],
        "/share": ["GET", "PUT"],
        "/shared/1": ["POST", "PUT", "PATCH"],
      };
      for (const [path, methods] of Object.entries(wrong)) {
        for (const method of methods) {
          const response = await fetch(path, { method });
          assert.equal(response.headers.get("allow"), path === "/shared/1" ? "GET, HEAD, DELETE" : "POST");
          await expectRefusal(response, 501, 12);
        }
      }
    }));

  it("PERMISSION_DENIED: not an admin, told before existence is", () =>
    withServer({}, async ({ fetch }) => {
      await expectRefusal(await fetch("/shared/42?user_id=2", { method: "DELETE" }), 403, 7);
    }));

  it("RESOURCE_EXHAUSTED: says when to come back, to people's clients and to gRPC's", () =>
    withServer(
      { executor: refusing(new RunnerError("RESOURCE_EXHAUSTED", "the queue is full", { retryAfterMs: 1500 })) },
      async ({ post }) => {
        const response = await post("/run", hello);
        assert.equal(response.headers.get("retry-after"), "2");
        const { details } = await expectRefusal(response, 429, 8);
        assert.deepEqual(details, [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.500s" }]);
      },
    ));

  const retries: [number | undefined, string, string][] = [
    [undefined, "1", "1s"],
    [0, "1", "0s"],
    [1, "1", "0.001s"],
    [999.5, "1", "1s"],
    [-5, "1", "0s"],
    [61_000, "61", "61s"],
  ];
  for (const [retryAfterMs, seconds, delay] of retries) {
    it(`Retry-After is whole seconds, at least one: ${retryAfterMs} ms → ${seconds}`, () => {
      const error = new RunnerError("RESOURCE_EXHAUSTED", "full", retryAfterMs === undefined ? {} : { retryAfterMs });
      return withServer({ executor: refusing(error) }, async ({ post }) => {
        const response = await post("/run", hello);
        assert.equal(response.headers.get("retry-after"), seconds);
        const { details } = (await response.json()) as { details: { retryDelay: string }[] };
        assert.equal(details[0]?.retryDelay, delay);
      });
    });
  }

  const thrown: [ErrorCode, number, number][] = [
    ["UNAUTHENTICATED", 401, 16],
    ["UNAVAILABLE", 503, 14],
    ["DEADLINE_EXCEEDED", 504, 4],
    ["CANCELLED", 499, 1],
    ["INTERNAL", 500, 13],
  ];
  for (const [code, status, number] of thrown) {
    it(`${code} is ${status}, code ${number}`, () =>
      withServer({ executor: refusing(new RunnerError(code, "as thrown")) }, async ({ post }) => {
        const response = await post("/run", hello);
        assert.equal(response.headers.get("www-authenticate"), code === "UNAUTHENTICATED" ? "Bearer" : null);
        const { message } = await expectRefusal(response, status, number);
        if (code !== "INTERNAL") assert.equal(message, "as thrown");
      }));
  }

  it("UNAVAILABLE: the store or the SSO service is down; the log has the cause, the client has not", async () => {
    const down = async () => {
      throw unavailable("the snippet store can't be reached", new Error("connect ECONNREFUSED postgres://runner:secret@db"));
    };
    await withServer(
      { snippets: Object.assign(new InMemorySnippetRepo(), { findById: down }), admins: { isAdmin: down } },
      async ({ fetch, lines }) => {
        for (const response of [await fetch("/shared/1"), await fetch("/shared/1?user_id=1", { method: "DELETE" })]) {
          assert.equal((await expectRefusal(response, 503, 14)).message, "the snippet store can't be reached");
        }
        const warnings = lines.filter(({ level }) => level === "warn");
        assert.deepEqual(
          warnings.map((line) => line["cause"]),
          Array(2).fill("connect ECONNREFUSED postgres://runner:secret@db"),
        );
      },
    );
  });

  for (const [name, error] of Object.entries({
    "an Error": new Error("/secret/path"),
    "a RunnerError": new RunnerError("INTERNAL", "/secret/path"),
    "no Error at all": "/secret/path",
  })) {
    it(`INTERNAL: ${name} is told by its correlation id alone`, () =>
      withServer({ executor: refusing(error) }, async ({ post, lines }) => {
        const response = await post("/run", hello);
        const id = response.headers.get("x-request-id") ?? "none";
        const { message } = await expectRefusal(response, 500, 13);
        assert.match(message, new RegExp(id));
        assert.doesNotMatch(message, /secret/);
        const told = lines.find(({ level }) => level === "error");
        assert.equal(told?.requestId, id);
        const { err } = told ?? {};
        assert.ok(err instanceof RunnerError);
        assert.match(`${err.message} ${err.cause instanceof Error ? err.cause.message : err.cause}`, /secret/);
      }));
  }

  it("what a client got wrong never reaches the log as more than its code", () =>
    withServer({}, async ({ post, lines }: TestServer) => {
      await post("/run", "hunter2");
      assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
    }));
});
