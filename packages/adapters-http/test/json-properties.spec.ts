import assert from "node:assert/strict";
import { isWellFormed, maxInt64, RunnerError, withoutTurns } from "@gorunner/core";
import fc from "fast-check";
import { grpcTimeoutMs } from "../src/call/grpc-timeout.js";
import { jsonMember } from "../src/call/json-member.js";
import { readCodeRequest, readInt64, readUserId } from "../src/messages.js";
import { startServer, type TestServer } from "./support/test-server.js";

const bytes = (text: string) => new TextEncoder().encode(text);

/** What `read` says: its value, or the code of the RunnerError that it threw; anything else fails the test. */
function outcomeOf<Value>(read: () => Value): Value | RunnerError["code"] {
  try {
    return read();
  } catch (thrown) {
    return codeOf(thrown);
  }
}

function codeOf(thrown: unknown): RunnerError["code"] {
  assert.ok(thrown instanceof RunnerError, String(thrown));
  return thrown.code;
}

describe("reading messages, for any input", () => {
  it("code survives JSON in every escape", () => {
    return fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.boolean(), async (code, escaped) => {
        fc.pre(isWellFormed(code));
        const plain = JSON.stringify({ code });
        const text = escaped ? plain.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : plain;
        assert.deepEqual(await readCodeRequest(bytes(text), withoutTurns), { code });
      }),
    );
  });

  it("unknown fields change nothing", () => {
    return fc.assert(
      fc.asyncProperty(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), async (code, others) => {
        assert.deepEqual(await readCodeRequest(bytes(JSON.stringify({ ...others, code })), withoutTurns), { code });
      }),
    );
  });

  it("accepts what JSON.parse accepts, and finds the same value, in any spelling", async () => {
    const token = fc.oneof(
      fc.constantFrom(...'{}[]:, \t\n\r"', "\\", "\ufeff", "\u00a0", "/", "+", "'"),
      fc.constantFrom('"code"', '"\\u0063ode"', '"cod"', '"codes"', '"__proto__"', '"a\\n"', '"\\ud800"', '"\\x"', '"\u0001"', '"\ud800"'),
      fc.constantFrom("null", "true", "false", "nul", "0", "-0", "01", "-", "1.", ".5", "1.5e3", "1E+", "2e-7", "NaN", "Infinity"),
      fc.constantFrom('{"code":', '"code": "x",', '{"code":null}', "{}", "[]", "[1,2]", '{"a":{"code":1}}'),
    );
    const mutated = fc.tuple(fc.json(), fc.nat(), token, fc.nat(3)).map(([json, at, more, cut]) => {
      const place = at % (json.length + 1);
      return `${json.slice(0, place)}${more}${json.slice(place + cut)}`;
    });
    const text = fc.oneof(
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join("")),
      mutated,
      fc.json().map((value) => `{"x":[1],"code":${value} , "y": {}}`),
    );
    const accepted = async (read: () => unknown) => {
      try {
        return { value: await read() };
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error));
        return undefined;
      }
    };
    await fc.assert(
      fc.asyncProperty(text, async (json) => {
        const theirs = await accepted(() => JSON.parse(json));
        const ours = await accepted(() => jsonMember(json, "code", withoutTurns));
        assert.equal(ours === undefined, theirs === undefined, json);
        const object = theirs?.value;
        const isObject = typeof object === "object" && object !== null && !Array.isArray(object);
        const expected = isObject && Object.hasOwn(object, "code") ? (object as Record<string, unknown>)["code"] : undefined;
        assert.deepEqual(typeof ours?.value === "string" ? JSON.parse(ours.value) : undefined, expected, json);
      }),
      { numRuns: 3000 },
    );
  });

  it("any bytes are a message or INVALID_ARGUMENT", () => {
    return fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (body) => {
        const outcome = await readCodeRequest(body, withoutTurns).catch(codeOf);
        assert.ok(outcome === "INVALID_ARGUMENT" || typeof outcome === "object");
      }),
    );
  });

  it("every int64 is read as itself, and no other integer is one", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), (value) => {
        const isInt64 = value <= maxInt64 && value >= -maxInt64 - 1n;
        assert.equal(
          outcomeOf(() => readInt64(String(value), "id")),
          isInt64 ? value : "INVALID_ARGUMENT",
        );
      }),
    );
  });

  it("any text is an int64 or INVALID_ARGUMENT", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const outcome = outcomeOf(() => readInt64(text, "id"));
        assert.ok(outcome === "INVALID_ARGUMENT" || typeof outcome === "bigint");
      }),
    );
  });

  it("any query holds a user or is INVALID_ARGUMENT", () => {
    fc.assert(
      fc.property(fc.webQueryParameters(), fc.bigInt({ min: 1n, max: maxInt64 }), (query, user) => {
        const outcome = outcomeOf(() => readUserId(query));
        assert.ok(outcome === "INVALID_ARGUMENT" || typeof outcome === "bigint");
        if (!/user_?id/i.test(query))
          assert.equal(
            outcomeOf(() => readUserId(`user_id=${user}&x=1`)),
            user,
          );
      }),
    );
  });
});

describe("the Grpc-Timeout header", () => {
  const unitMs = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 };

  it("is one to eight digits and a unit", () => {
    fc.assert(
      fc.property(fc.nat(99_999_999), fc.constantFrom(...(Object.keys(unitMs) as (keyof typeof unitMs)[])), (amount, unit) => {
        assert.equal(grpcTimeoutMs(`${amount}${unit}`), amount * unitMs[unit]);
        assert.equal(grpcTimeoutMs(`${String(amount).padStart(8, "0")}${unit}`), amount * unitMs[unit]);
      }),
    );
  });

  it("in any other form is INVALID_ARGUMENT", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9. +-]{0,10}[HMSmunhs]{0,2}$/)), (text) => {
        fc.pre(!/^[0-9]{1,8}[HMSmun]$/.test(text));
        assert.equal(
          outcomeOf(() => grpcTimeoutMs(text)),
          "INVALID_ARGUMENT",
        );
      }),
    );
  });
});

describe("the server, for any input", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  it("no JSON body makes it fail", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom("/run", "/share"),
        fc.oneof(
          fc.json(),
          fc.json().map((value) => `{"code":${value}}`),
        ),
        async (path, body) => {
          const { status } = await server.post(path, body);
          assert.ok(status === 200 || status === 400, `${status} for ${body}`);
        },
      ),
    ));

  it("no path or query makes it fail", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom("GET", "DELETE"), fc.webPath(), fc.webQueryParameters(), async (method, path, query) => {
        const { status } = await server.fetch(`/shared${path}?${query}`, { method });
        assert.ok(status < 500 || status === 501, `${status} for ${method} ${path}?${query}`);
      }),
    ));
});
