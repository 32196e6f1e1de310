import assert from "node:assert/strict";
import { type AdminChecker, maxInt64, RunnerError, type UserId } from "@gorunner/core";
import { casesOn, type It, type Opened } from "./suite.js";

/** A checker and the users that its authority knows. */
export interface OpenedAdminChecker extends Opened<AdminChecker> {
  /** A user who is an admin. */
  admin: UserId;
  /** A user who exists and is none. */
  student: UserId;
}

/**
 * Every rule of {@link AdminChecker}. `openUnreachable` gives one whose authority is gone (absent for a checker that
 * asks nobody).
 */
export function adminCheckerContract(
  it: It,
  open: () => Promise<OpenedAdminChecker>,
  openUnreachable?: () => Promise<Opened<AdminChecker>>,
): void {
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

  check("racing questions get their own answers", async ({ port, admin, student }) => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => port.isAdmin(index % 2 === 0 ? admin : student)));
    assert.deepEqual(
      answers,
      Array.from({ length: 20 }, (_, index) => index % 2 === 0),
    );
  });

  if (openUnreachable === undefined) return;

  casesOn(it, openUnreachable)("without its authority it is UNAVAILABLE, never a yes", async (checker) => {
    await assert.rejects(checker.isAdmin(1n), (error) => error instanceof RunnerError && error.code === "UNAVAILABLE");
  });
}
