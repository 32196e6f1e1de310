import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { RunnerError } from "@gorunner/core";
import { adminCheckerContract } from "@gorunner/core/contract";
import { status } from "@grpc/grpc-js";
import { parseDialAddress } from "../src/sso/address.js";
import { checkerAt, type Script, startScriptedSso } from "./support/sso.js";

/** Users 1 and 2 exist, and 1 is an admin. */
const twoUsers: Script = (_attempt, user) => (user === 1n ? true : user === 2n ? false : status.NOT_FOUND);

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function asking(script: Script, given: Parameters<typeof checkerAt>[1], body: (scene: Scene) => Promise<void>): Promise<void> {
  const sso = await startScriptedSso(script);
  const asked = checkerAt(sso.port, given);
  try {
    await body({ sso, ...asked });
  } finally {
    asked.checker.close();
    sso.close();
  }
}

type Scene = { sso: Awaited<ReturnType<typeof startScriptedSso>> } & ReturnType<typeof checkerAt>;

function assertUnavailable(failure: unknown): true {
  assert.ok(failure instanceof RunnerError);
  assert.equal(failure.code, "UNAVAILABLE");
  assert.doesNotMatch(failure.message, /script|127\.0\.0\.1|ECONN/);
  return true;
}

describe("SsoAdminChecker", () => {
  adminCheckerContract(
    it,
    async () => {
      const sso = await startScriptedSso(twoUsers);
      const { checker } = checkerAt(sso.port);
      return {
        port: checker,
        admin: 1n,
        student: 2n,
        close: () => {
          checker.close();
          sso.close();
        },
      };
    },
    {
      async unreachable() {
        const { checker } = checkerAt(await freePort());
        return { port: checker, close: () => checker.close() };
      },
      async silent() {
        const sso = await startScriptedSso(() => "silence");
        const { checker } = checkerAt(sso.port, { timeoutMs: 300, attempts: 2 });
        return {
          port: checker,
          close: () => {
            checker.close();
            sso.close();
          },
        };
      },
    },
  );

  for (const code of [status.UNAVAILABLE, status.ABORTED, status.DEADLINE_EXCEEDED]) {
    it(`asks again after ${status[code]}, and takes the answer of the last attempt`, () =>
      asking(
        (attempt) => (attempt < 3 ? code : true),
        { attempts: 3 },
        async ({ sso, checker, metrics }) => {
          assert.equal(await checker.isAdmin(5n), true);
          assert.equal(sso.asked(), 3);
          assert.deepEqual(metrics.sso, ["admin"]);
        },
      ));

    it(`gives up when every attempt was ${status[code]}`, () =>
      asking(
        () => code,
        { attempts: 3 },
        async ({ sso, checker, metrics, logger }) => {
          await assert.rejects(checker.isAdmin(5n), assertUnavailable);
          assert.equal(sso.asked(), 3);
          assert.deepEqual(metrics.sso, ["error"]);
          assert.deepEqual(
            logger.lines.map(({ level }) => level),
            ["warn"],
          );
          assert.match(String(logger.lines[0]?.fields["reason"]), /refused by the script/);
        },
      ));
  }

  it("with one attempt asks once", () =>
    asking(
      () => status.UNAVAILABLE,
      { attempts: 1 },
      async ({ sso, checker }) => {
        await assert.rejects(checker.isAdmin(5n), assertUnavailable);
        assert.equal(sso.asked(), 1);
      },
    ));

  const final = Object.values(status).filter(
    (code): code is status =>
      typeof code === "number" &&
      ![status.OK, status.NOT_FOUND, status.UNAVAILABLE, status.ABORTED, status.DEADLINE_EXCEEDED].includes(code),
  );
  for (const code of final) {
    it(`takes ${status[code]} for UNAVAILABLE at once, never for a yes`, () =>
      asking(
        () => code,
        { attempts: 3 },
        async ({ sso, checker, metrics }) => {
          await assert.rejects(checker.isAdmin(5n), assertUnavailable);
          assert.equal(sso.asked(), 1);
          assert.deepEqual(metrics.sso, ["error"]);
        },
      ));
  }

  it("takes NOT_FOUND for a no", () =>
    asking(twoUsers, {}, async ({ sso, checker, metrics }) => {
      assert.equal(await checker.isAdmin(3n), false);
      assert.equal(await checker.isAdmin(2n), false);
      assert.equal(sso.asked(), 2);
      assert.deepEqual(metrics.sso, ["not_admin", "not_admin"]);
    }));

  it("gives each attempt its own deadline", () =>
    asking(
      () => "silence",
      { attempts: 3, timeoutMs: 500 },
      async ({ sso, checker }) => {
        // Connecting is not to be a part of the first attempt.
        await checker.check();
        const startedMs = performance.now();
        await assert.rejects(checker.isAdmin(5n), assertUnavailable);
        assert.equal(sso.asked(), 3);
        // One deadline for all would have left less and less.
        assert.ok(
          sso.deadlinesMs.every((leftMs) => leftMs > 30),
          String(sso.deadlinesMs),
        );
        const tookMs = performance.now() - startedMs;
        assert.ok(tookMs > 1490 && tookMs < 15_000, String(tookMs));
      },
    ));

  it("an attempt that is too slow does not spoil the next", () =>
    asking(
      (attempt) => (attempt === 1 ? "silence" : true),
      { attempts: 2, timeoutMs: 500 },
      async ({ sso, checker }) => {
        assert.equal(await checker.isAdmin(5n), true);
        assert.equal(sso.asked(), 2);
      },
    ));

  it("user ids are exact beyond 2^53", () =>
    asking(
      (_attempt, user) => user === 9007199254740993n,
      {},
      async ({ checker }) => {
        assert.equal(await checker.isAdmin(9007199254740993n), true);
        assert.equal(await checker.isAdmin(9007199254740992n), false);
      },
    ));

  it("finds a service again that was gone", async () => {
    const port = await freePort();
    const { checker } = checkerAt(port, { attempts: 2 });
    await assert.rejects(checker.isAdmin(1n), assertUnavailable);
    const sso = await startScriptedSso(twoUsers, port);
    try {
      await checker.check();
      assert.equal(await checker.isAdmin(1n), true);
    } finally {
      checker.close();
      sso.close();
    }
  });

  it("check tells that the service is there, or is not", async () => {
    await asking(twoUsers, {}, ({ checker }) => checker.check());
    const { checker } = checkerAt(await freePort(), { timeoutMs: 200 });
    await assert.rejects(checker.check(), (failure) => failure instanceof RunnerError && failure.code === "UNAVAILABLE");
    checker.close();
  });

  it("once closed it is UNAVAILABLE", () =>
    asking(twoUsers, {}, async ({ checker }) => {
      checker.close();
      await assert.rejects(checker.isAdmin(1n), assertUnavailable);
    }));

  it("dials a listening address as loopback", () =>
    asking(twoUsers, { host: "0.0.0.0" }, async ({ checker }) => {
      assert.equal(await checker.isAdmin(1n), true);
    }));
});

describe("the address of the SSO service", () => {
  const understood: [address: string, target: string][] = [
    ["sso.example.com:44044", "sso.example.com:44044"],
    ["0.0.0.0:44044", "127.0.0.1:44044"],
    [":44044", "127.0.0.1:44044"],
    ["[::]:44044", "[::1]:44044"],
    ["localhost:1", "localhost:1"],
    ["[2001:db8::1]:65535", "[2001:db8::1]:65535"],
  ];
  for (const [address, target] of understood) {
    it(`${address} is dialled as ${target}`, () => assert.equal(parseDialAddress(address), target));
  }

  for (const address of [
    "",
    "sso",
    "sso:",
    "sso:0",
    "sso:65536",
    "http://sso:44044",
    "::1:44044",
    "a b:1",
    "sso:44044/x",
    "a@b:1",
    "a?b:1",
    "a%:1",
    "[:::::]:1",
  ]) {
    it(`"${address}" is refused`, () => {
      assert.throws(
        () => parseDialAddress(address),
        (failure) => failure instanceof RunnerError && failure.code === "INVALID_ARGUMENT",
      );
    });
  }
});
