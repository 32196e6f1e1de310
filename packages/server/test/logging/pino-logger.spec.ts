import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { loggerContract } from "@gorunner/core/contract";
import type { Env } from "../../src/config/config.js";
import { PinoLogger } from "../../src/logging/pino-logger.js";
import { AsyncRequestScope } from "../../src/logging/request-scope.js";

/** A logger, and the lines that it has written. */
function aLogger(env: Env, scope = new AsyncRequestScope()) {
  const lines: string[] = [];
  const to = { write: (line: string) => lines.push(line) };
  return { logger: new PinoLogger({ env, to, requestId: () => scope.currentId() }), lines, scope };
}

/** The fields of the only line that `log` writes. */
function lineOf(log: (logger: PinoLogger) => void): Record<string, unknown> {
  const { logger, lines } = aLogger("prod");
  log(logger);
  assert.equal(lines.length, 1);
  return JSON.parse(lines[0] ?? "") as Record<string, unknown>;
}

describe("PinoLogger", () => {
  for (const env of ["local", "dev", "prod"] as const) {
    describe(`in ${env}`, () => loggerContract(it, async () => ({ port: aLogger(env).logger, close() {} })));
  }

  it("writes one JSON object a line outside local", () => {
    const { time, ...line } = lineOf((logger) => logger.info("a message", { port: 1 }));
    assert.deepEqual(line, { level: "info", msg: "a message", port: 1 });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it("is for people in local", () => {
    const { logger, lines } = aLogger("local");
    logger.warn("a message", { port: 1 });
    assert.match(lines.join(""), /^\[[\d:.]+\] WARN: a message \{"port":1\}\n$/);
  });

  it("leaves debug to dev", () => {
    for (const [env, count] of [
      ["local", 0],
      ["dev", 1],
      ["prod", 0],
    ] as const) {
      const { logger, lines } = aLogger(env);
      logger.debug("a detail");
      assert.equal(lines.length, count, env);
    }
  });

  it("puts the request's id on every line, through what is awaited", async () => {
    const { logger, lines, scope } = aLogger("prod");
    const request = (id: string) =>
      scope.run(id, async () => {
        logger.info(id);
        await delay(1);
        logger.info(id);
      });
    logger.info("outside");
    await Promise.all([request("a"), request("b")]);
    const ids = lines.map((line) => JSON.parse(line) as { msg: string; requestId?: string });
    assert.equal(ids.length, 5);
    for (const { msg, requestId } of ids) assert.equal(requestId, msg === "outside" ? undefined : msg);
  });

  it("keeps big integers whole", () => {
    assert.equal(lineOf((logger) => logger.info("x", { id: 9007199254740993n }))["id"], "9007199254740993");
  });

  it("hides secrets by the name of their field, at any depth", () => {
    const secrets = { password: "hunter2", app_secret: "hunter2", accessToken: "hunter2", Authorization: "hunter2", db_uri: "hunter2" };
    const line = lineOf((logger) => logger.info("x", { ...secrets, deep: { list: [secrets] } }));
    assert.doesNotMatch(JSON.stringify(line), /hunter2/);
  });

  it("hides the credentials of URLs, wherever they stand", () => {
    const url = "postgres://me:hunter2@db:5432/x";
    const line = lineOf((logger) => logger.error(`no ${url}`, { at: url, err: new Error(url, { cause: new Error(url) }) }));
    assert.doesNotMatch(JSON.stringify(line), /hunter2/);
    assert.match(String(line["at"]), /db:5432/);
  });

  it("hides them in a text of any length, and cuts a long one behind what it hides", () => {
    const url = "postgres://me:hunter2@db:5432/x";
    for (const text of [`${"a://".repeat(50_000)}${url}`, `${"x".repeat(16 * 1024 - 20)}${url}`, `https://${"a@".repeat(100_000)}b`]) {
      const told = String(lineOf((logger) => logger.info("x", { text }))["text"]);
      assert.doesNotMatch(told, /hunter2|a@/);
      assert.ok(told.length < 17 * 1024, `${told.length} characters`);
    }
  });

  it("tells an error's type, message, code, stack and causes, and nothing that a driver hangs on it", () => {
    const cause = Object.assign(new RangeError("why"), { code: "E_WHY" });
    const err = Object.assign(new Error("what", { cause }), { command: { args: ["package main"] }, parameters: ["package main"] });
    const line = lineOf((logger) => logger.error("x", { err }));
    const told = line["err"] as { type: string; message: string; stack: string; cause: { type: string; code: string } };
    assert.equal(told.type, "Error");
    assert.equal(told.message, "what");
    assert.match(told.stack, /pino-logger\.spec/);
    assert.deepEqual([told.cause.type, told.cause.code], ["RangeError", "E_WHY"]);
    assert.doesNotMatch(JSON.stringify(line), /package main/);
  });

  it("survives whatever it is given", () => {
    const proxy = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no keys");
        },
      },
    );
    const line = lineOf((logger) =>
      logger.info("x", {
        proxy,
        f() {},
        s: Symbol("s"),
        date: new Date(Number.NaN),
        bytes: new Uint8Array(3),
        map: new Map(),
        nan: Number.NaN,
      }),
    );
    assert.equal(line["bytes"], "[3 bytes]");
  });
});
