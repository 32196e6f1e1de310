/**
 * How the contract kit is itself tested: what keeps all rules passes, and for each rule there is a mutant, an adapter
 * that breaks that rule on purpose, which its case catches. A case without a mutant fails here, so a new rule comes
 * with proof that it can be broken and is noticed.
 */
import assert from "node:assert/strict";
import type { It, Opened } from "@gorunner/core/contract";

interface Case {
  rule: string;
  body: () => Promise<void>;
}

/** Proves a kit. `declare` declares its cases on what `Subject` is: an adapter, or the functions that open some. */
export function provesKit<Subject>(kit: {
  port: string;
  declare: (it: It, subject: Subject) => void;
  correct: () => Subject;
  mutants: Record<string, () => Subject>;
}): void {
  const { port, declare, correct, mutants } = kit;
  const casesOf = (subject: Subject): Case[] => {
    const cases: Case[] = [];
    declare((rule, body) => cases.push({ rule, body }), subject);
    return cases;
  };

  describe(`the contract of ${port}`, () => {
    describe("passes what keeps it", () => declare(it, correct()));

    it("has a mutant for each rule, and no rule twice", () => {
      const rules = casesOf(correct()).map(({ rule }) => rule);
      assert.deepEqual(Object.keys(mutants).sort(), rules.sort());
    });

    describe("catches what breaks", () => {
      const caught = new Map<string, Promise<PromiseSettledResult<void>[]>>();
      // All at once: a case that waits for something to happen waits in vain, for seconds.
      before(() => {
        for (const [rule, mutant] of Object.entries(mutants)) caught.set(rule, Promise.allSettled([catches(rule, casesOf(mutant()))]));
      });
      for (const rule of Object.keys(mutants)) {
        it(rule, async () => {
          const [result] = (await caught.get(rule)) ?? [];
          if (result?.status !== "fulfilled") throw result?.reason;
        });
      }
    });
  });
}

async function catches(rule: string, cases: Case[]): Promise<void> {
  const broken = cases.find((one) => one.rule === rule);
  assert.ok(broken !== undefined, "there is no such rule");
  await assert.rejects(broken.body(), "the mutant was not caught");
  await passesAnother(cases.filter((one) => one !== broken));
}

/** A mutant that fails everything would prove nothing about its rule. */
async function passesAnother(cases: Case[]): Promise<void> {
  for (const { body } of cases) {
    const passed = await body().then(
      () => true,
      () => false,
    );
    if (passed) return;
  }
  assert.equal(cases.length, 0, "the mutant breaks every rule");
}

/** For contracts that open a port for each case. */
export const opening =
  <Port>(make: () => Port) =>
  async (): Promise<Opened<Port>> => ({ port: make(), close() {} });

/** `port` with some methods replaced. */
export function overridden<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(property in methods ? methods : target, property);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
