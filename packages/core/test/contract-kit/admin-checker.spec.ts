import { type AdminChecker, type CancelSignal, cancellationOf, maxInt64, RunnerError, type UserId, unavailable } from "@gorunner/core";
import { adminCheckerContract } from "@gorunner/core/contract";
import { opening, pause, provesKit } from "./proof.js";

/** A checker, and what it is without its authority. */
interface Checkers {
  port: AdminChecker;
  unreachable: AdminChecker;
  silent: AdminChecker;
}

const admin = 7n;
const student = 2n;
const timeoutMs = 100;

const ends = (signal: CancelSignal | undefined) =>
  new Promise<never>((_resolve, reject) => signal?.addEventListener("abort", () => reject(cancellationOf(signal))));

const tooLate = async (): Promise<never> => {
  await pause(timeoutMs);
  throw unavailable("no answer");
};

const asks = (answer: (user: UserId) => boolean): AdminChecker => ({
  async isAdmin(user, { signal } = {}) {
    if (signal?.aborted) throw cancellationOf(signal);
    await pause(1);
    return answer(user);
  },
});

const correct = (): Checkers => ({
  port: asks((user) => user === admin),
  unreachable: { isAdmin: () => Promise.reject(unavailable("nobody there")) },
  silent: { isAdmin: (_user, { signal } = {}) => Promise.race([tooLate(), ends(signal)]) },
});

const mutant = (checkers: Partial<Checkers>) => () => ({ ...correct(), ...checkers });

function forgetful(): AdminChecker {
  let answered = 0;
  return asks((user) => user === admin && answered++ === 0);
}

function confused(): AdminChecker {
  let last: UserId = 0n;
  return {
    async isAdmin(user) {
      last = user;
      await pause(1);
      return last === admin;
    },
  };
}

function resentful(): AdminChecker {
  const signals: CancelSignal[] = [];
  return {
    async isAdmin(user, { signal } = {}) {
      if (signal !== undefined) signals.push(signal);
      for (const given of signals) if (given.aborted) throw cancellationOf(given);
      return user === admin;
    },
  };
}

provesKit<Checkers>({
  port: "AdminChecker",
  declare: (it, { port, unreachable, silent }) =>
    adminCheckerContract(it, async () => ({ port, admin, student, close() {} }), {
      unreachable: opening(() => unreachable),
      silent: opening(() => silent),
    }),
  correct,
  mutants: {
    "an admin is an admin, each time": mutant({ port: forgetful() }),
    "a user who is none is not": mutant({ port: asks((user) => user === admin || user === student) }),
    "a user who does not exist is not": mutant({ port: asks((user) => user === admin || user === maxInt64) }),
    "a user whose id looks like an admin's in 32 or 53 bits is not": mutant({ port: asks((user) => BigInt.asIntN(32, user) === admin) }),
    "racing questions get their own answers": mutant({ port: confused() }),
    "a signal that is not aborted changes nothing, also when it is aborted afterwards": mutant({ port: resentful() }),
    "a question that was cancelled before is not answered, with the signal's own reason": mutant({
      port: {
        async isAdmin(user, { signal } = {}) {
          if (signal?.aborted) throw new RunnerError("CANCELLED", "cancelled");
          return user === admin;
        },
      },
    }),
    "without its authority it is UNAVAILABLE, never a yes, each time": mutant({ unreachable: asks(() => false) }),
    "an authority that does not answer is UNAVAILABLE, never a yes, in bounded time": mutant({
      silent: asks(() => true),
    }),
    "cancelling ends the question at once, with the signal's own reason": mutant({
      silent: {
        isAdmin: (_user, { signal } = {}) =>
          Promise.race([tooLate(), ends(signal)]).catch(() => Promise.reject(new RunnerError("CANCELLED", "cancelled"))),
      },
    }),
  },
});
