import { type Cache, type Snippet, type SnippetId, tombstoneTtlMs } from "@gorunner/core";
import { cacheContract, type Opened, type OpenedCache } from "@gorunner/core/contract";
import { opening, overridden, pause, provesKit } from "./proof.js";

type Found = Snippet | "absent" | undefined;

/** The least that keeps every rule of {@link Cache}. Several share one where they share its `backend`. */
class InMemoryCache implements Cache {
  readonly #backend: { entries: Map<SnippetId, { entry: Snippet | "absent"; untilMs: number }>; buried: Map<SnippetId, number> };
  #passedMs = 0;

  constructor(shared?: InMemoryCache) {
    this.#backend = shared === undefined ? { entries: new Map(), buried: new Map() } : shared.#backend;
  }

  passTime(ms: number): void {
    this.#passedMs += ms;
  }

  get #now(): number {
    return performance.now() + this.#passedMs;
  }

  async get(id: SnippetId): Promise<Found> {
    const found = this.#backend.entries.get(id);
    if (found === undefined || found.untilMs <= this.#now) return undefined;
    return found.entry !== "absent" && hasExpired(found.entry) ? undefined : structuredClone(found.entry);
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    this.#set(snippet.id, structuredClone(snippet), ttlMs);
  }

  async fillAbsent(id: SnippetId, ttlMs: number): Promise<void> {
    if ((await this.get(id)) === undefined) this.#set(id, "absent", ttlMs);
  }

  async bury(id: SnippetId): Promise<void> {
    this.#backend.buried.set(id, this.#now + tombstoneTtlMs);
    this.#backend.entries.delete(id);
  }

  #set(id: SnippetId, entry: Snippet | "absent", ttlMs: number): void {
    const { entries, buried } = this.#backend;
    if (ttlMs >= 1 && this.#now >= (buried.get(id) ?? 0)) entries.set(id, { entry, untilMs: this.#now + ttlMs });
  }
}

const hasExpired = ({ expiresAt }: Snippet) => expiresAt !== undefined && expiresAt.getTime() <= Date.now();

interface Caches {
  open: () => Promise<OpenedCache>;
  openUnreachable: () => Promise<Opened<Cache>>;
  openSharing: () => Promise<Opened<[Cache, Cache]>>;
}

const empty: Cache = { get: async () => undefined, fill: async () => {}, fillAbsent: async () => {}, bury: async () => {} };

/** Two on one backend; the second may be wrong in something. */
const sharing = (second: (correct: InMemoryCache) => Cache) =>
  opening((): [Cache, Cache] => {
    const one = new InMemoryCache();
    return [one, second(new InMemoryCache(one))];
  });

/** With some methods that are wrong, made from the correct ones. */
const openingWith = (wrong: (correct: InMemoryCache) => Partial<Cache>) => async (): Promise<OpenedCache> => {
  const cache = new InMemoryCache();
  return { port: overridden<Cache>(cache, wrong(cache)), passTime: (ms) => cache.passTime(ms), close() {} };
};

const correct = (): Caches => ({
  open: openingWith(() => ({})),
  openUnreachable: opening(() => empty),
  openSharing: sharing((cache) => cache),
});

/** A cache with some methods that are wrong, made from the correct one. */
const mutant = (wrong: (correct: InMemoryCache) => Partial<Cache>) => (): Caches => ({
  ...correct(),
  open: openingWith(wrong),
});

const unreachable = (wrong: Partial<Cache>) => (): Caches => ({ ...correct(), openUnreachable: opening(() => overridden(empty, wrong)) });

const shared = (second: (correct: InMemoryCache) => Cache) => (): Caches => ({ ...correct(), openSharing: sharing(second) });

/** Keeps something else than what was given. */
const keeps = (change: (snippet: Snippet, ttlMs: number) => [Snippet, number]) =>
  mutant((cache) => ({ fill: (snippet, ttlMs) => cache.fill(...change(snippet, ttlMs)) }));

/** Answers something else than what was found. */
const answers = (change: (found: Found, id: SnippetId) => Found) =>
  mutant((cache) => ({ get: async (id) => change(await cache.get(id), id) }));

const aDay = 24 * 60 * 60 * 1000;
const nothing: undefined = JSON.parse("null");
const rounded = (id: SnippetId) => BigInt(Number(id));

function oneForAll(): Caches {
  const one = new InMemoryCache();
  return { ...correct(), open: opening(() => one) };
}

/** What was buried is forgotten, and may come back. */
const withoutTombstones = (): Partial<Cache> => {
  const entries = new Map<SnippetId, Snippet>();
  return {
    get: async (id) => entries.get(id),
    fill: async (snippet, ttlMs) => void (ttlMs >= 1 && entries.set(snippet.id, snippet)),
    bury: async (id) => void entries.delete(id),
  };
};

/** Looks for the tombstone, and then fills. */
const fillsInTwoSteps = mutant((cache) => {
  const entries = new Map<SnippetId, Snippet>();
  const buried = new Set<SnippetId>();
  return {
    get: async (id) => entries.get(id) ?? cache.get(id),
    async fill(snippet) {
      if (buried.has(snippet.id)) return;
      await pause(1);
      entries.set(snippet.id, snippet);
    },
    async bury(id) {
      buried.add(id);
      entries.delete(id);
      await cache.bury(id);
      await pause(3);
    },
  };
});

/** A memory before the backend, of which nobody tells it what was buried. */
function remembering(cache: Cache): Cache {
  const memory = new InMemoryCache();
  return overridden(cache, {
    async get(id) {
      const found = (await memory.get(id)) ?? (await cache.get(id));
      if (found !== undefined && found !== "absent") await memory.fill(found, aDay);
      return found;
    },
  });
}

/** As {@link remembering}, and asks nobody when it fills. */
function fillsItself(cache: Cache): Cache {
  const memory = new InMemoryCache();
  return overridden(cache, {
    get: async (id) => (await memory.get(id)) ?? cache.get(id),
    async fill(snippet, ttlMs) {
      await memory.fill(snippet, ttlMs);
      await cache.fill(snippet, ttlMs);
    },
  });
}

/** Told of a burial late. */
function deafForAWhile(cache: Cache): Cache {
  const memory = new Map<SnippetId, Found>();
  return overridden(cache, {
    async get(id) {
      const found = memory.get(id) ?? (await cache.get(id));
      memory.set(id, found);
      return found;
    },
  });
}

function remembersAbsence(cache: Cache): Cache {
  const absent = new Set<SnippetId>();
  return overridden(cache, {
    get: async (id) => (absent.has(id) ? "absent" : cache.get(id)),
    fillAbsent: async (id) => void absent.add(id),
  });
}

provesKit<Caches>({
  port: "Cache",
  declare: (it, { open, openUnreachable, openSharing }) => cacheContract(it, open, openUnreachable, openSharing),
  correct,
  mutants: {
    // Entries
    "two opened caches are isolated": oneForAll,
    "a miss is undefined": answers((found) => found ?? nothing),
    "get answers what was filled, the time of creation included, however often": answers((found) =>
      found === undefined || found === "absent" ? found : { ...found, createdAt: JSON.parse(JSON.stringify(found.createdAt)) },
    ),
    "every field comes back, those that may be missing too": keeps(({ toolchain: _toolchain, ...snippet }, ttlMs) => [snippet, ttlMs]),
    "ids beyond 2^53 do not collide": mutant((cache) => ({
      get: (id) => cache.get(rounded(id)),
      fill: (snippet, ttlMs) => cache.fill({ ...snippet, id: rounded(snippet.id) }, ttlMs),
    })),
    "a second fill replaces the first": mutant((cache) => ({
      fill: async (snippet, ttlMs) => ((await cache.get(snippet.id)) === undefined ? cache.fill(snippet, ttlMs) : undefined),
    })),
    "a second fill's time to live counts, not the first's": mutant((cache) => {
      const longest = new Map<SnippetId, number>();
      return {
        fill(snippet, ttlMs) {
          const untilMs = Math.max(longest.get(snippet.id) ?? 0, performance.now() + ttlMs);
          longest.set(snippet.id, untilMs);
          return cache.fill(snippet, untilMs - performance.now());
        },
      };
    }),
    "a hundred racing fills are kept apart": mutant((cache) => {
      let last: Snippet | undefined;
      return {
        async fill(snippet, ttlMs) {
          last = snippet;
          await pause(1);
          await cache.fill(last, ttlMs);
        },
      };
    }),
    "an entry is gone when its time is up": keeps((snippet, ttlMs) => [snippet, ttlMs === 30 ? aDay : ttlMs]),
    "any time to live is taken; less than a millisecond is none": keeps((snippet, ttlMs) => [snippet, Math.trunc(ttlMs) || 1000]),
    "a snippet that has expired is not answered, whatever its time to live": keeps(({ expiresAt: _expiresAt, ...snippet }, ttlMs) => [
      snippet,
      ttlMs,
    ]),
    "a large snippet comes back whole or not at all": keeps((snippet, ttlMs) => [
      { ...snippet, output: snippet.output.slice(0, 2 ** 16) },
      ttlMs,
    ]),
    "what a caller does to a snippet afterwards does not change the cache": mutant(() => withoutTombstones()),
    "what is known to be absent is told so, for its time": mutant(() => ({ fillAbsent: async () => {} })),
    "a snippet wins over its absence, whichever comes first": mutant((cache) => {
      const absent = new Set<SnippetId>();
      return {
        fillAbsent: async (id, ttlMs) => void (ttlMs >= 1 && absent.add(id)),
        get: async (id) => (absent.has(id) ? "absent" : cache.get(id)),
      };
    }),

    // Burials
    "what was buried is gone, its neighbours are not": mutant(() => ({ bury: async () => {} })),
    "burying what was never there does nothing, twice neither": mutant((cache) => {
      const buried = new Set<SnippetId>();
      return {
        async bury(id) {
          if (buried.has(id)) throw new Error("it is buried already");
          buried.add(id);
          await cache.bury(id);
        },
      };
    }),
    "a fill by a read that began before the burial is refused": mutant(() => withoutTombstones()),
    "a tombstone stands for as long as a read that began earlier may take, and longer": () => ({
      ...correct(),
      open: async () => {
        const cache = new InMemoryCache();
        // For half as long.
        return { port: cache, passTime: (ms) => cache.passTime(2 * ms), close() {} };
      },
    }),
    "every tombstone stands, however many there are": mutant((cache) => {
      const last: SnippetId[] = [];
      const entries = new Map<SnippetId, Snippet>();
      return {
        async bury(id) {
          last.push(id);
          entries.delete(id);
          await cache.bury(id);
        },
        fill: async (snippet, ttlMs) => void (last.slice(-100).includes(snippet.id) || ttlMs < 1 || entries.set(snippet.id, snippet)),
        get: async (id) => entries.get(id) ?? cache.get(id),
      };
    }),
    "an id that was buried is not said to be absent: it may have been buried before it existed": mutant((cache) => {
      const buried = new Set<SnippetId>();
      return {
        async bury(id) {
          buried.add(id);
          await cache.bury(id);
        },
        get: async (id) => (buried.has(id) ? "absent" : cache.get(id)),
      };
    }),
    "of a burial and what races with it, the burial wins": fillsInTwoSteps,

    // Without the backend
    "without its backend it is empty, soon, and rejects nothing": unreachable({ fill: () => Promise.reject(new Error("ECONNREFUSED")) }),
    "without its backend it does not hold up those who come often": unreachable({
      async get() {
        await pause(35);
        return undefined;
      },
    }),

    // Two on one backend
    "what one was filled with the other answers": shared(() => new InMemoryCache()),
    "when a burial by one has resolved, the other has let go, however often it had answered": shared(remembering),
    "what one has buried the other refuses": shared(fillsItself),
    "of a burial by one and what races with it on both, the burial wins": shared(deafForAWhile),
    "what one was filled with, no other takes for absent any more": shared(remembersAbsence),
  },
});
