import assert from "node:assert/strict";
import { parseRedisAddress, parseStoreUri } from "@gorunner/adapters-storage";
import { RunnerError } from "@gorunner/core";
import fc from "fast-check";
import { openAt, runnerError } from "./support.js";

const refused = (message: RegExp) => runnerError("INVALID_ARGUMENT", message);
const prefer = { kind: "postgres", sslMode: "prefer" };

describe("parseStoreUri", () => {
  for (const [uri, location] of [
    ["memory:", { kind: "memory" }],
    ["sqlite:.runner/runner.db", { kind: "sqlite", path: ".runner/runner.db" }],
    ["sqlite:/var/lib/a b.db", { kind: "sqlite", path: "/var/lib/a b.db" }],
    ["postgres://u:p@db:5433/name", { ...prefer, host: "db", port: 5433, user: "u", password: "p", database: "name" }],
    ["postgresql://db/name?sslmode=disable", { ...prefer, host: "db", database: "name", sslMode: "disable" }],
    ["postgres://", prefer],
    ["postgres:///name?host=/run/pg", { ...prefer, database: "name", host: "/run/pg" }],
    ["postgres://%2Frun%2Fpg/name", { ...prefer, database: "name", host: "/run/pg" }],
    ["postgres://u:p@/name", { ...prefer, user: "u", password: "p", database: "name" }],
    ["postgres://u:p@:5433/name", { ...prefer, user: "u", password: "p", port: 5433, database: "name" }],
    ["postgres://[::1]:5433/n", { ...prefer, host: "::1", port: 5433, database: "n" }],
    ["postgres://u%40x:p%2F%3A%23@db/n%20m", { ...prefer, host: "db", user: "u@x", password: "p/:#", database: "n m" }],
    [
      "host=db user=u password=p dbname=n port=5433 sslmode=require",
      { ...prefer, host: "db", user: "u", password: "p", database: "n", port: 5433, sslMode: "require" },
    ],
    [" host = db  password = 'two words, a \\' and a \\\\' ", { ...prefer, host: "db", password: "two words, a ' and a \\" }],
    ["host=db password=a\\ b user=''", { ...prefer, host: "db", password: "a b" }],
    ["host=db sslmode=require sslrootcert=/ca.pem", { ...prefer, host: "db", sslMode: "verify-ca", sslRootCertPath: "/ca.pem" }],
    [
      "host=localhost user=gorm password=gorm dbname=gorm port=9920 sslmode=disable TimeZone=Asia/Shanghai",
      { ...prefer, host: "localhost", user: "gorm", password: "gorm", database: "gorm", port: 9920, sslMode: "disable" },
    ],
    [
      "postgres://db/n?pool_max_conns=10&connect_timeout=3&search_path=app&application_name=me",
      { ...prefer, host: "db", database: "n", searchPath: "app", applicationName: "me" },
    ],
  ] as const) {
    it(`understands ${uri}`, () => assert.deepEqual(parseStoreUri(uri), location));
  }

  for (const [uri, message] of [
    ["", /must be memory:, sqlite:PATH/],
    ["mysql://u:s3cret@db/n", /must be memory:/],
    ["memory", /must be memory:/],
    ["sqlite:", /needs the path/],
    ["sqlite:///var/lib/x.db", /without \/\//],
    ["sqlite::memory:", /written memory:/],
    ["sqlite:dir/", /not a directory/],
    ["postgres://u:s3cret/x@db/n", /percent-encoded/],
    ["postgres://u:s3cret#x@db/n", /percent-encoded/],
    ["postgres://u:12/s3cret@db/n", /percent-encoded/],
    ["postgres://u:s3cret%zz@db/n", /percent-encoded/],
    ["postgres://u:s3cret@one,two/n", /several servers/],
    ["postgres://u:s3cret@one:1,two:2/n", /not a valid URL/],
    ["postgres://u:s3cret@db/n?sslmode=on", /sslmode .*disable, allow, prefer, require, verify-ca, verify-full/],
    ["postgres://u:s3cret@db/n?nonsense=1", /unknown keyword nonsense/],
    ["host=db port=s3cret", /port .* 1 to 65535/],
    ["host=db port=65536", /port .* 1 to 65535/],
    ["host=db password='s3cret", /no closing quote/],
    ["host=db password=two s3cret", /after the password/],
    ["host=db password=two s3cret=x", /unknown keyword; a password with spaces/],
    ["host=db dbname", /lacks a keyword and "="/],
    ["host=db channel_binding=require", /channel_binding .*not supported/],
  ] as const) {
    it(`refuses ${uri === "" ? "nothing" : uri}`, () => {
      assert.throws(() => parseStoreUri(uri), refused(message));
      assert.throws(
        () => parseStoreUri(uri),
        (failure) => failure instanceof Error && !`${failure.message}${String(failure.cause)}`.includes("s3cret"),
      );
    });
  }

  it("throws nothing but RunnerErrors", () => {
    const pieces = [
      "postgres://",
      "sqlite:",
      "host=",
      "password='",
      "'",
      "\\",
      "@",
      ":",
      "/",
      "?",
      "#",
      "%",
      "=",
      " ",
      "sslmode=",
      "a",
      "1",
      "\0",
      "[",
      "🦫",
    ];
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...pieces)).map((parts) => parts.join("")),
    );
    fc.assert(fc.property(text, (uri) => throwsOnlyRunnerErrors(() => parseStoreUri(uri))));
  });

  it("gives back any password that was written by the rules", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (password) => {
        fc.pre(!password.includes("\0"));
        const quoted = password.replace(/[\\']/g, "\\$&");
        for (const uri of [`postgres://u:${encodeURIComponent(password)}@db/n`, `user=u password='${quoted}' host=db dbname=n`]) {
          assert.deepEqual(parseStoreUri(uri), { ...prefer, host: "db", user: "u", password, database: "n" });
        }
      }),
    );
  });

  it("never quotes a password, however it is written", () => {
    fc.assert(
      fc.property(secret, fc.constantFrom("", "?sslmode=wrong", "?nope=1", ":port"), (password, mistake) => {
        for (const uri of [
          `postgres://u:${password}@db/n${mistake}`,
          `postgres://u:${encodeURIComponent(password)}@db/n${mistake}`,
          `host=db password=${password} nope=1`,
          `host=db password='${password}' sslmode=wrong`,
          `password=${password}`,
        ]) {
          tellsNoSecret(() => parseStoreUri(uri));
        }
      }),
    );
  });
});

describe("parseRedisAddress", () => {
  const plain = { host: "127.0.0.1", port: 6379, db: 0, tls: false };
  for (const [text, address] of [
    ["localhost", { ...plain, host: "localhost" }],
    ["cache:6380", { ...plain, host: "cache", port: 6380 }],
    [":6380", { ...plain, port: 6380 }],
    ["0.0.0.0:6379", { ...plain, host: "0.0.0.0" }],
    ["[::1]:6380", { ...plain, host: "::1", port: 6380 }],
    ["redis://cache", { ...plain, host: "cache" }],
    ["redis://:p%40ss@cache:6380/3", { ...plain, host: "cache", port: 6380, password: "p@ss", db: 3 }],
    ["rediss://u:p@cache/", { ...plain, host: "cache", username: "u", password: "p", tls: true }],
    ["rediss://cache/1?cacert=%2Fetc%2Fa%20b.pem", { ...plain, host: "cache", db: 1, tls: true, caPath: "/etc/a b.pem" }],
    ["redis://[::1]/2", { ...plain, host: "::1", db: 2 }],
  ] as const) {
    it(`understands ${text}`, () => assert.deepEqual(parseRedisAddress(text), address));
  }

  for (const [text, message] of [
    ["", /must be host:port/],
    [":", /must be host:port/],
    ["cache:0", /1 to 65535/],
    ["cache:65536", /1 to 65535/],
    ["cache:s3cret", /must be host:port/],
    ["http://u:s3cret@cache", /must be host:port/],
    ["redis://u:s3cret@cache:port", /not a valid URL/],
    ["redis://u:s3cret%zz@cache", /percent-encoded/],
    ["redis://s3cret@cache", /user without a password/],
    ["redis://:s3cret/x@cache", /not a valid URL/],
    ["redis://:s3cret@cache/name", /number of a database/],
    ["redis://:s3cret@cache?x=1", /not a valid URL/],
    ["rediss://:s3cret@cache?cacert=", /not a valid URL/],
    ["rediss://:s3cret@cache?cacert=/a&x=1", /not a valid URL/],
    ["redis://:s3cret@cache?cacert=/a", /needs rediss/],
  ] as const) {
    it(`refuses ${text === "" ? "nothing" : text}`, () => {
      assert.throws(() => parseRedisAddress(text), refused(message));
      assert.throws(
        () => parseRedisAddress(text),
        (failure) => failure instanceof Error && !`${failure.message}${String(failure.cause)}`.includes("s3cret"),
      );
    });
  }

  it("throws nothing but RunnerErrors, and never quotes a password", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `redis://${rest}`),
        ),
        (text) => throwsOnlyRunnerErrors(() => parseRedisAddress(text)),
      ),
    );
    fc.assert(
      fc.property(secret, fc.constantFrom("", "/x", ":port", "?a=1"), (password, mistake) => {
        for (const text of [
          `redis://u:${password}@h${mistake}`,
          `redis://:${encodeURIComponent(password)}@h${mistake}`,
          `u:${password}@h`,
        ]) {
          tellsNoSecret(() => parseRedisAddress(text));
        }
      }),
    );
  });
});

describe("openStore", () => {
  it("refuses options that make no sense", async () => {
    for (const poolSize of [0, -1, 1.5, Number.NaN])
      await assert.rejects(openAt("memory:", { poolSize }), refused(/at least one connection/));
    for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) await assert.rejects(openAt("memory:", { timeoutMs }), refused(/time limit/));
  });
});

/** A password with a mark in it that appears nowhere else, perhaps with characters that want encoding. */
const secret = fc
  .tuple(fc.string({ maxLength: 5 }), fc.constantFrom("S3CRET", "S3CRET words S3CRET=x"), fc.string({ maxLength: 5 }))
  .map(([before, mark, after]) => `${before}${mark}${after}`);

function throwsOnlyRunnerErrors(parse: () => unknown): void {
  try {
    parse();
  } catch (failure) {
    assert.ok(failure instanceof RunnerError && failure.code === "INVALID_ARGUMENT", `threw ${String(failure)}`);
  }
}

function tellsNoSecret(parse: () => unknown): void {
  try {
    parse();
  } catch (failure) {
    assert.ok(failure instanceof RunnerError);
    assert.doesNotMatch(`${failure.message} ${String(failure.cause)}`, /S3CRET/);
  }
}
