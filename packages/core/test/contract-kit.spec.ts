/** The contract of Cache tested itself: what keeps the rules passes, and each way of breaking one is noticed. */
import assert from "node:assert/strict";
import type { Cache, Snippet, SnippetId } from "@gorunner/core";
import { cacheContract } from "@gorunner/core/contract";
import { FakeCache } from "./ports.js";

type Case = { rule: string; body: () => Promise<void> };

/** Collects the cases of a contract instead of running them. */
function casesOf(declare: (it: (rule: string, body: () => Promise<void>) => void) => void): Case[] {
  const cases: Case[] = [];
  declare((rule, body) => cases.push({ rule, body }));
  return cases;
}

/** Runs all cases; the rules that were found broken. */
async function broken(cases: Case[]): Promise<string[]> {
  const rules: string[] = [];
  for (const { rule, body } of cases) await body().catch(() => rules.push(rule));
  return rules;
}

const opening =
  <Port>(make: () => Port) =>
  async () => ({ port: make(), close() {} });

const cacheCases = (make: () => Cache) => casesOf((it) => cacheContract(it, opening(make)));

/** The fake with a clock and copies, as the contract asks of a real cache. */
class CorrectCache implements Cache {
  readonly #entries = new Map<SnippetId, { snippet: Snippet; untilMs: number }>();

  async get(id: SnippetId): Promise<Snippet | undefined> {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.untilMs <= performance.now() ? undefined : { ...entry.snippet };
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    this.#entries.set(snippet.id, { snippet: { ...snippet }, untilMs: performance.now() + ttlMs });
  }

  async bury(id: SnippetId): Promise<void> {
    this.#entries.delete(id);
  }
}

describe("the contract of Cache", () => {
  describe("a correct Cache passes", () =>
    cacheContract(
      it,
      opening(() => new CorrectCache()),
    ));
  const brokenCaches: [string, () => Cache, RegExp][] = [
    ["hands out what it keeps", () => new FakeCache(), /what a caller does/],
    ["never forgets", () => overridden(new CorrectCache(), { bury: async () => {} }), /buried/],
    [
      "rounds ids to numbers",
      () => {
        const cache = new CorrectCache();
        const rounded = (id: SnippetId) => BigInt(Number(id));
        return {
          get: (id) => cache.get(rounded(id)),
          fill: (snippet, ttlMs) => cache.fill({ ...snippet, id: rounded(snippet.id) }, ttlMs),
          bury: (id) => cache.bury(rounded(id)),
        };
      },
      /2\^53/,
    ],
    [
      "keeps times as text",
      () => {
        const cache = new CorrectCache();
        return overridden(cache, { get: async (id) => asJson(await cache.get(id)) });
      },
      /time of creation/,
    ],
  ];
  for (const [fault, make, rule] of brokenCaches) {
    it(`notices a Cache that ${fault}`, async () => {
      // A cache that never lets go would be given five seconds to; that rule is not the one in question.
      const cases = cacheCases(make).filter((one) => !/time is up/.test(one.rule));
      const rules = await broken(cases);
      assert.ok(
        rules.some((found) => rule.test(found)),
        `found: ${rules.join("; ")}`,
      );
    });
  }

  it("notices a Cache that rejects when its backend is gone", async () => {
    const gone = () => Promise.reject(new Error("ECONNREFUSED"));
    const cases = casesOf((it) =>
      cacheContract(
        it,
        opening(() => new CorrectCache()),
        opening(() => ({ get: gone, fill: gone, bury: gone })),
      ),
    );
    assert.deepEqual(await broken(cases.filter(({ rule }) => /without its backend/.test(rule))), [
      "without its backend it is empty, soon, and rejects nothing",
    ]);
  });
});

/** `port` with some methods replaced. */
function overridden<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(property in methods ? methods : target, property);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

function asJson<Value>(value: Value): Value {
  return value === undefined ? value : JSON.parse(JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? Number(part) : part)));
}
