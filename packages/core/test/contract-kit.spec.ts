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

/** The least that keeps every rule of {@link Cache}. */
class CorrectCache implements Cache {
  readonly #entries = new Map<SnippetId, { entry: Snippet | "absent"; untilMs: number }>();
  readonly #buried = new Set<SnippetId>();

  async get(id: SnippetId): Promise<Snippet | "absent" | undefined> {
    const found = this.#entries.get(id);
    if (found === undefined || found.untilMs <= performance.now()) return undefined;
    if (found.entry !== "absent" && (found.entry.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) <= Date.now()) return undefined;
    return structuredClone(found.entry);
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    this.#set(snippet.id, structuredClone(snippet), ttlMs);
  }

  async fillAbsent(id: SnippetId, ttlMs: number): Promise<void> {
    if ((await this.get(id)) === undefined) this.#set(id, "absent", ttlMs);
  }

  async bury(id: SnippetId): Promise<void> {
    this.#buried.add(id);
    this.#entries.delete(id);
  }

  #set(id: SnippetId, entry: Snippet | "absent", ttlMs: number): void {
    if (ttlMs >= 1 && !this.#buried.has(id)) this.#entries.set(id, { entry, untilMs: performance.now() + ttlMs });
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
          fillAbsent: (id, ttlMs) => cache.fillAbsent(rounded(id), ttlMs),
          bury: (id) => cache.bury(rounded(id)),
        };
      },
      /2\^53/,
    ],
    ["lets fills in after a burial", () => withoutTombstones(), /began before the burial|races with it/],
    [
      "takes a burial for absence",
      () => {
        const cache = new CorrectCache();
        const buried = new Set<SnippetId>();
        return overridden(cache, {
          bury: async (id) => void buried.add(id),
          get: async (id) => (buried.has(id) ? "absent" : cache.get(id)),
        });
      },
      /not said to be absent/,
    ],
    [
      "lets absence win over a snippet",
      () => {
        const absent = new Set<SnippetId>();
        const cache = new CorrectCache();
        return overridden(cache, {
          fillAbsent: async (id, ttlMs) => void (ttlMs >= 1 && absent.add(id)),
          get: async (id) => (absent.has(id) ? "absent" : cache.get(id)),
        });
      },
      /a snippet wins/,
    ],
    [
      "answers what has expired",
      () => {
        const cache = new CorrectCache();
        return overridden(cache, { fill: ({ expiresAt, ...snippet }, ttlMs) => cache.fill(snippet, ttlMs) });
      },
      /has expired/,
    ],
    [
      "keeps what was given no time",
      () => {
        const cache = new CorrectCache();
        return overridden(cache, { fill: (snippet, ttlMs) => cache.fill(snippet, ttlMs >= 1 ? ttlMs : 1000) });
      },
      /less than a millisecond/,
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
      const cases = cacheCases(make).filter((one) => !/time is up|for its time|has expired/.test(one.rule) || rule.test(one.rule));
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
        opening(() => ({ get: gone, fill: gone, fillAbsent: gone, bury: gone })),
      ),
    );
    assert.deepEqual(await broken(cases.filter(({ rule }) => /without its backend/.test(rule))), [
      "without its backend it is empty, soon, and rejects nothing",
      "without its backend it does not hold up those who come often",
    ]);
  });

  const brokenSharing: [string, (other: Cache) => Cache, RegExp][] = [
    ["remembers by itself what others may bury", (other) => remembering(other), /the other has let go/],
    ["keeps by itself what is absent", (other) => rememberingAbsence(other), /no other takes for absent/],
    ["does not share", () => new CorrectCache(), /the other answers/],
  ];
  for (const [fault, make, rule] of brokenSharing) {
    it(`notices a shared Cache that ${fault}`, async () => {
      const openSharing = async () => {
        const one = new CorrectCache();
        const port: [Cache, Cache] = [one, make(one)];
        return { port, close() {} };
      };
      const cases = casesOf((it) =>
        cacheContract(
          it,
          opening(() => new CorrectCache()),
          undefined,
          openSharing,
        ),
      );
      const rules = await broken(cases.slice(cacheCases(() => new CorrectCache()).length));
      assert.ok(
        rules.some((found) => rule.test(found)),
        `found: ${rules.join("; ")}`,
      );
    });
  }
});

/** `cache` with a memory before it that nobody invalidates. */
function remembering(cache: Cache): Cache {
  const memory = new CorrectCache();
  return overridden(cache, {
    async get(id) {
      const found = (await memory.get(id)) ?? (await cache.get(id));
      if (found !== undefined && found !== "absent") await memory.fill(found, 60_000);
      return found;
    },
  });
}

/** `cache` with a memory of absence before it that nobody invalidates. */
function rememberingAbsence(cache: Cache): Cache {
  const absent = new Set<SnippetId>();
  return overridden(cache, {
    async get(id) {
      const found = absent.has(id) ? "absent" : await cache.get(id);
      if (found === "absent") absent.add(id);
      return found;
    },
  });
}

/** Forgets what is buried, but not for good. */
function withoutTombstones(): Cache {
  let cache = new CorrectCache();
  const moved = async (id: SnippetId) => {
    const old = cache;
    cache = new CorrectCache();
    for (let other = 1n; other < 100n; other++) {
      const kept = await old.get(other);
      if (other !== id && kept !== undefined && kept !== "absent") await cache.fill(kept, 60_000);
    }
  };
  return {
    get: (id) => cache.get(id),
    fill: (snippet, ttlMs) => cache.fill(snippet, ttlMs),
    fillAbsent: (id, ttlMs) => cache.fillAbsent(id, ttlMs),
    bury: moved,
  };
}

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
