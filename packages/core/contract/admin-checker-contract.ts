import assert from "node:assert/strict";
import { type AdminChecker, maxInt64, RunnerError, type UserId } from "@gorunner/core";
import { isError } from "./code-executor/check.js";
import { casesOn, type It, type Opened } from "./suite.js";

/** A checker and the users that its authority knows. */
export interface OpenedAdminChecker extends Opened<AdminChecker> {
  /** A user who is an admin. */
  admin: UserId;
  /** A user who exists and is none. */
  student: UserId;
}

/** What may be wrong with the authority of a checker that asks somebody. */
export interface OpenedWithoutAuthority {
  /** Nobody is there: a connection is refused. */
  unreachable: () => Promise<Opened<AdminChecker>>;
  /** Somebody is there who never answers, from the beginning. The checker gives up after a second or so. */
  silent: () => Promise<Opened<AdminChecker>>;
}

/** Every rule of {@link AdminChecker}. `without` is absent for a checker that asks nobody. */
export function adminCheckerContract(it: It, open: () => Promise<OpenedAdminChecker>, without?: OpenedWithoutAuthority): void {
  const check = (rule: string, body: (opened: OpenedAdminChecker) => Promise<void>) =>
    it(rule, async () => {
      const opened = await open();
      try {
        await body(opened);
      } finally {
        await opened.close();
      }
    });

  check("an admin is an admin, each time", async ({ port, admin }) => {
    assert.equal(await port.isAdmin(admin), true);
    assert.equal(await port.isAdmin(admin), true);
  });

  check("a user who is none is not", async ({ port, student }) => {
    assert.equal(await port.isAdmin(student), false);
  });

  check("a user who does not exist is not", async ({ port }) => {
    assert.equal(await port.isAdmin(maxInt64), false);
  });

  check("a user whose id looks like an admin's in 32 or 53 bits is not", async ({ port, admin }) => {
    assert.equal(await port.isAdmin(admin + 2n ** 32n), false);
    assert.equal(await port.isAdmin(admin + 2n ** 62n), false);
  });

  check("racing questions get their own answers", async ({ port, admin, student }) => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => port.isAdmin(index % 2 === 0 ? admin : student)));
    assert.deepEqual(
      answers,
      Array.from({ length: 20 }, (_, index) => index % 2 === 0),
    );
  });

  check("a signal that is not aborted changes nothing, also when it is aborted afterwards", async ({ port, admin, student }) => {
    const controller = new AbortController();
    assert.equal(await port.isAdmin(admin, { signal: controller.signal }), true);
    controller.abort();
    assert.equal(await port.isAdmin(student), false);
    assert.equal(await port.isAdmin(admin), true);
  });

  if (without === undefined) return;

  check("a question that was cancelled before is not answered, with the signal's own reason", async ({ port, admin }) => {
    await assert.rejects(port.isAdmin(admin, { signal: AbortSignal.abort() }), isError("CANCELLED"));
    const reason = new RunnerError("DEADLINE_EXCEEDED", "too late");
    await assert.rejects(port.isAdmin(admin, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  });

  casesOn(it, without.unreachable)("without its authority it is UNAVAILABLE, never a yes, each time", async (checker) => {
    for (const user of [1n, 1n, maxInt64]) await assert.rejects(checker.isAdmin(user), isError("UNAVAILABLE"));
  });

  const checkSilent = casesOn(it, without.silent);

  checkSilent("an authority that does not answer is UNAVAILABLE, never a yes, in bounded time", async (checker) => {
    const start = performance.now();
    await assert.rejects(checker.isAdmin(1n), isError("UNAVAILABLE"));
    const tookMs = performance.now() - start;
    assert.ok(tookMs < 10_000, `ten times the second that it may take, but it was ${tookMs} ms`);
  });

  checkSilent("cancelling ends the question at once, with the signal's own reason", async (checker) => {
    const controller = new AbortController();
    const reason = new RunnerError("DEADLINE_EXCEEDED", "too late");
    const question = checker.isAdmin(1n, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(question, (error) => error === reason);
  });
}
