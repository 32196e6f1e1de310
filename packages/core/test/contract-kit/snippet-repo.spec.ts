import {
  type Deletion,
  internal,
  maxInt64,
  type NewSnippet,
  type Snippet,
  type SnippetRepo,
  type SnippetSummary,
  storedSizeOf,
  unavailable,
} from "@gorunner/core";
import { aKey, InMemorySnippetRepo, type Opened, snippetRepoContract } from "@gorunner/core/contract";
import { opening, overridden, pause, provesKit } from "./proof.js";

interface Stores {
  open: () => Promise<Opened<SnippetRepo>>;
  openUnreachable: () => Promise<Opened<SnippetRepo>>;
}

/** A store whose every method does `call`. */
const all = (call: () => Promise<never>): SnippetRepo => ({
  save: call,
  findById: call,
  findByKey: call,
  delete: call,
  deleteExpired: call,
  storedBytes: call,
  list: call,
  deletionsSince: call,
});

const gone = () => all(() => Promise.reject(unavailable("the database is gone")));

const correct = (): Stores => ({ open: opening(() => new InMemorySnippetRepo()), openUnreachable: opening(gone) });

/** A store with some methods that are wrong, made from the correct one. */
const mutant = (wrong: (correct: InMemorySnippetRepo) => Partial<SnippetRepo>) => (): Stores => ({
  ...correct(),
  open: opening(() => {
    const repo = new InMemorySnippetRepo();
    return overridden<SnippetRepo>(repo, wrong(repo));
  }),
});

/** Stores something else than what was given. */
const keeps = (change: (given: NewSnippet) => NewSnippet) => mutant((repo) => ({ save: (given) => repo.save(change(given)) }));

/** Answers something else than what is stored. */
const finds = (change: (found: Snippet) => Snippet | undefined) =>
  mutant((repo) => ({
    async findById(id) {
      const found = await repo.findById(id);
      return found === undefined ? undefined : change(found);
    },
  }));

const nothing: undefined = JSON.parse("null");
const isExpired = ({ expiresAt }: { expiresAt?: Date }) => expiresAt !== undefined && expiresAt.getTime() <= Date.now();

const expiredLongAgo = ({ expiresAt }: { expiresAt?: Date }) => expiresAt !== undefined && expiresAt.getTime() < Date.now() - 60_000;

function sharedStore(): Stores {
  const shared = new InMemorySnippetRepo();
  return { ...correct(), open: opening(() => shared) };
}

/** Numbers by what is stored, as `select max(id) + 1` does; finds and deletes by those numbers. */
const numbersByMaximum = mutant((repo) => {
  const real = new Map<bigint, bigint>();
  const told = (snippet: Snippet, id: bigint) => ({ ...snippet, id });
  return {
    async save(given) {
      const saved = await repo.save(given);
      const id = [...real.keys()].reduce((most, one) => (one > most ? one : most), 0n) + 1n;
      real.set(id, saved.id);
      return told(saved, id);
    },
    async delete(id, by) {
      const deleted = await repo.delete(real.get(id) ?? 0n, by);
      if (deleted) real.delete(id);
      return deleted;
    },
  };
});

/** Numbers downwards. */
const numbersDown = mutant((repo) => ({
  async save(given) {
    const saved = await repo.save(given);
    return { ...saved, id: 1000n - saved.id };
  },
}));

/** Looks for a key, and only then stores: what races is stored several times. */
const racesWhileSaving = mutant((repo) => {
  const known = new Map<string, Snippet>();
  return {
    async save({ idempotencyKey = "", ...given }) {
      const first = known.get(idempotencyKey);
      if (first !== undefined) return first;
      await pause(1);
      const saved = await repo.save(given);
      if (idempotencyKey !== "") known.set(idempotencyKey, saved);
      return saved;
    },
  };
});

/** Looks for the key, and only then stores, in a table where keys may come twice. */
const racesWithOneKey = mutant((repo) => ({
  async save(given) {
    const known = await repo.findByKey(given.key);
    await pause(1);
    return known ?? { ...(await repo.save({ ...given, key: aKey() })), key: given.key };
  },
}));

/** Remembers the ids that it answered, and reuses one where two come at once. */
const numbersRacily = mutant((repo) => {
  let saving = 0;
  let last: Snippet | undefined;
  return {
    async save(given) {
      saving++;
      await pause(1);
      if (saving-- > 50 && last !== undefined) return last;
      last = await repo.save(given);
      return last;
    },
  };
});

/** Looks whether it is there, and only then deletes. */
const deletesRacily = mutant((repo) => ({
  async delete(id, by) {
    if ((await repo.findById(id)) === undefined) return false;
    await pause(1);
    await repo.delete(id, by);
    return true;
  },
}));

/** As deletesRacily, and logs each. */
const logsRacily = mutant((repo) => {
  const extra: { id: bigint; by: bigint; at: Date }[] = [];
  return {
    async delete(id, by) {
      const deleted = await repo.delete(id, by);
      if (!deleted && extra.length < 20) extra.push({ id, by, at: new Date() });
      return deleted;
    },
    async deletionsSince(cursor, limit) {
      const page = await repo.deletionsSince(cursor, limit);
      return { ...page, deletions: [...page.deletions, ...extra] };
    },
  };
});

/** Hands out and keeps the very objects. */
const sharesObjects = mutant((repo) => {
  const given = new Map<bigint, Snippet>();
  return {
    async save(snippet) {
      const saved = await repo.save(snippet);
      given.set(saved.id, saved);
      return saved;
    },
    findById: async (id) => given.get(id) ?? repo.findById(id),
  };
});

/** Counts what is saved, and forgets that a save may change nothing, or that there are deletions. */
const countsChanges = ({ everySave }: { everySave: boolean }) =>
  mutant((repo) => {
    let extra = 0;
    return {
      async save(given) {
        const before = await repo.storedBytes();
        const saved = await repo.save(given);
        if (everySave && (await repo.storedBytes()) === before) extra += storedSizeOf(given);
        return saved;
      },
      async delete(id, by) {
        const found = await repo.findById(id);
        const deleted = await repo.delete(id, by);
        if (!everySave && deleted && found !== undefined) extra += storedSizeOf(found);
        return deleted;
      },
      storedBytes: async () => (await repo.storedBytes()) + extra,
    };
  });

/** Tells pages by how many came before. */
const pagesByOffset = mutant((repo) => ({
  async list({ after, limit }) {
    const { snippets } = await repo.list({ limit: 1000 });
    const from = after === undefined ? 0 : Number(await offsetIn(repo, after));
    const next = from + limit;
    const page = snippets.slice(from, next);
    return next < snippets.length ? { snippets: page, next: `${next}` } : { snippets: page };
  },
}));

/** Refuses what is no cursor, as the correct one does. */
async function offsetIn(repo: SnippetRepo, after: string): Promise<string> {
  await repo.list({ after, limit: 1 });
  return after;
}

/** Says that there is more after every full page. */
const promisesMore = mutant((repo) => ({
  async list(page) {
    const { snippets, next = `${snippets.at(-1)?.id}` } = await repo.list(page);
    return snippets.length === page.limit ? { snippets, next } : { snippets };
  },
}));

/** Sweeps what it saw before it waited. */
const sweepsRacily = mutant((repo) => ({
  async deleteExpired(limit) {
    const swept = await repo.deleteExpired(limit);
    await pause(1);
    return swept.length === 0 ? swept : [...swept, ...swept.slice(0, 1)];
  },
}));

/** A deletion that races with another gets its place in the log before it is there: who reads meanwhile passes it by. */
const logsBeforeItCommits = mutant((repo) => {
  let deleting = 0;
  const uncommitted = new Set<bigint>();
  return {
    async delete(id, by) {
      if (++deleting > 1) uncommitted.add(id);
      await pause(1);
      deleting--;
      return repo.delete(id, by);
    },
    async deletionsSince(cursor, limit) {
      const page = await repo.deletionsSince(cursor, limit);
      await pause(1);
      return { ...page, deletions: page.deletions.filter(({ id }) => !uncommitted.delete(id)) };
    },
  };
});

provesKit<Stores>({
  port: "SnippetRepo",
  declare: (it, { open, openUnreachable }) => snippetRepoContract(it, open, openUnreachable),
  correct,
  mutants: {
    "two opened stores are isolated": sharedStore,

    // Saving
    "save answers what was given, with an id, a time and the code's size in bytes": mutant((repo) => ({
      save: async (given) => ({ ...(await repo.save(given)), sizeBytes: given.code.length }),
    })),
    "what was not given is absent, and the caller's name for the request is not told": finds((found) => ({
      ...found,
      toolchain: nothing ?? "",
    })),
    "the same code saved twice gets two ids, the second larger": numbersDown,
    "a hundred racing saves get a hundred ids": numbersRacily,
    "text comes back as it went in": keeps((given) => ({ ...given, output: given.output.replace("\ufeff", "") })),
    "the largest code and outputs fit": keeps((given) => ({ ...given, output: given.output.slice(0, 2 ** 19) })),
    "what a caller does to a snippet afterwards does not change the store": sharesObjects,

    // Repeating
    "a save repeated with its key answers the first snippet and stores nothing": mutant((repo) => ({
      async save(given) {
        const known = await repo.findByKey(given.key);
        if (known !== undefined) throw unavailable("duplicate key");
        return repo.save(given);
      },
    })),
    "a save repeated with its idempotency key answers the first snippet and stores nothing": keeps(
      ({ idempotencyKey: _idempotencyKey, ...given }) => given,
    ),
    "of twenty racing saves with one key one is stored, and all answer it": racesWithOneKey,
    "of twenty racing saves with one idempotency key one is stored, and all answer it": racesWhileSaving,
    "other idempotency keys make other snippets, in upper and lower case too": keeps(({ idempotencyKey, ...given }) =>
      idempotencyKey === undefined ? given : { ...given, idempotencyKey: idempotencyKey.toLowerCase() },
    ),
    "where both keys are known, the idempotency key decides": mutant((repo) => ({
      save: async (given) => (await repo.findByKey(given.key)) ?? repo.save(given),
    })),
    "an idempotency key is forgotten with its snippet, and not before it is swept": mutant((repo) => {
      const remembered = new Map<string, Snippet>();
      return {
        async save(given) {
          const { idempotencyKey } = given;
          const saved = (idempotencyKey === undefined ? undefined : remembered.get(idempotencyKey)) ?? (await repo.save(given));
          if (idempotencyKey !== undefined) remembered.set(idempotencyKey, saved);
          return saved;
        },
      };
    }),

    // Finding
    "findById and findByKey answer what save answered": finds((found) => ({
      ...found,
      createdAt: new Date(Math.floor(found.createdAt.getTime() / 1000) * 1000 - 1),
    })),
    "an unknown id is undefined": mutant((repo) => ({ findById: async (id) => (await repo.findById(id)) ?? nothing })),
    "an unknown key is undefined": mutant((repo) => ({
      async findByKey(key) {
        const [first] = (await repo.list({ limit: 1 })).snippets;
        return (await repo.findByKey(key)) ?? (first && (await repo.findById(first.id)));
      },
    })),
    "what a caller does to what was found by its key does not change the store": mutant((repo) => {
      const found = new Map<string, Snippet | undefined>();
      return {
        async findByKey(key) {
          found.set(key, found.get(key) ?? (await repo.findByKey(key)));
          return found.get(key);
        },
      };
    }),
    "what can't be a key is INVALID_ARGUMENT, for saving and for finding": mutant((repo) => ({
      findByKey: async (key) => (/^[\w-]+$/.test(key) ? repo.findByKey(key.padEnd(16, "a").slice(0, 16)) : undefined),
    })),
    "keys are told apart by case, and mean themselves alone": mutant((repo) => {
      const byLowerKey = new Map<string, bigint>();
      return {
        async save(given) {
          const saved = await repo.save(given);
          byLowerKey.set(given.key.toLowerCase(), saved.id);
          return saved;
        },
        findByKey: async (key) => repo.findById(byLowerKey.get(key.toLowerCase()) ?? 0n),
      };
    }),

    // Deleting
    "an id is not reused after its snippet was deleted": numbersByMaximum,
    "delete says true once, and the snippet is gone, by its id and by its key": mutant((repo) => {
      const byKey = new Map<string, Snippet>();
      return {
        async save(given) {
          const saved = await repo.save(given);
          byKey.set(saved.key, saved);
          return saved;
        },
        findByKey: async (key) => byKey.get(key),
      };
    }),
    "delete says false for an id that never was": mutant((repo) => ({
      delete: async (id, by) => (await repo.delete(id, by)) || id === maxInt64,
    })),
    "delete leaves other snippets alone": mutant((repo) => ({
      async delete(id, by) {
        for (const other of (await repo.list({ limit: 10 })).snippets) if (other.id < id) await repo.delete(other.id, by);
        return repo.delete(id, by);
      },
    })),
    "of two racing deletes exactly one reports the deletion": deletesRacily,

    // Expiry
    "an expired snippet is as if it were not there, swept or not": mutant((repo) => {
      const expired = new Map<bigint, Snippet>();
      return {
        async save(given) {
          const saved = await repo.save(given);
          if (isExpired(saved)) expired.set(saved.id, saved);
          return saved;
        },
        findById: async (id) => expired.get(id) ?? repo.findById(id),
      };
    }),
    "a snippet that will expire is there until then": finds((found) => (found.expiresAt === undefined ? found : undefined)),
    "a snippet expires by itself when its time comes": mutant((repo) => {
      const stored = new Map<bigint, Snippet>();
      return {
        async save(given) {
          const saved = await repo.save(given);
          // Also what has expired since it was given: all mutants are at work at once, and a save may take its time.
          if (!expiredLongAgo(saved)) stored.set(saved.id, saved);
          return saved;
        },
        // Only what a sweep removed is gone; the case gives up on it after ten seconds, this after one.
        async findById(id) {
          const found = stored.get(id);
          if (found !== undefined && found.createdAt.getTime() < Date.now() - 1000) throw unavailable("it will never go");
          return found ?? repo.findById(id);
        },
      };
    }),
    "deleteExpired deletes what has expired, at most so many, and nothing else": mutant((repo) => ({
      deleteExpired: () => repo.deleteExpired(1000),
    })),
    "deleteExpired leaves what has expired more recently than it was told to, and that is as if it were not there": mutant((repo) => ({
      deleteExpired: (limit) => repo.deleteExpired(limit),
    })),
    "several that sweep at once delete and log each snippet once": sweepsRacily,

    // Listing
    "an empty store has one empty page": mutant((repo) => ({
      async list(page) {
        const { snippets, next } = await repo.list(page);
        return snippets.length === 0 ? { snippets, next: "0" } : { snippets, ...(next === undefined ? {} : { next }) };
      },
    })),
    "list tells of each snippet all but its texts, the newest first": mutant((repo) => ({
      async list(page) {
        const { snippets, ...rest } = await repo.list(page);
        return { ...rest, snippets: snippets.map((one): SnippetSummary => ({ ...one, ...{ code: "told" } })) };
      },
    })),
    "pages of every size hold each snippet once, and the last says that it is": promisesMore,
    "pages of the largest size leave nothing out": mutant((repo) => ({
      async list({ limit, ...page }) {
        const { snippets, next } = await repo.list({ ...page, limit: Math.min(limit, 500) });
        return limit > 500 || next === undefined ? { snippets } : { snippets, next };
      },
    })),
    "what a caller does to what was listed does not change the store": mutant((repo) => {
      const listed = new Map<bigint, SnippetSummary>();
      return {
        async list(page) {
          const { snippets, ...rest } = await repo.list(page);
          const kept = snippets.map((one) => listed.get(one.id) ?? one);
          for (const one of kept) listed.set(one.id, one);
          return { snippets: kept, ...rest };
        },
      };
    }),
    "what is saved or deleted while somebody turns pages leaves out and repeats nothing else": pagesByOffset,
    "a cursor that is none is INVALID_ARGUMENT": mutant((repo) => ({
      list: ({ after, limit }) => repo.list(after !== undefined && /^\d{1,19}$/.test(after) ? { after, limit } : { limit }),
    })),

    // How much is stored
    "an empty store takes nothing, and each snippet what its texts take and a little more": mutant((repo) => ({
      // In units of UTF-16.
      async storedBytes() {
        const { snippets } = await repo.list({ limit: 1000 });
        const all = await Promise.all(snippets.map(({ id }) => repo.findById(id)));
        return all.reduce((sum, one) => sum + 512 + `${one?.code}${one?.output}${one?.error}`.length, 0);
      },
    })),
    "a save that stores nothing new takes nothing": countsChanges({ everySave: true }),
    "what is deleted, and what expired when it is swept, takes nothing any more": countsChanges({ everySave: false }),
    "saves and deletions that race are all counted": mutant((repo) => {
      // Reads its counter, and writes it later.
      let counted = 0;
      const later = async (change: number) => {
        const before = counted;
        await pause(1);
        counted = before + change;
      };
      return {
        async save(given) {
          const known = await repo.findByKey(given.key);
          const saved = await repo.save(given);
          if (known === undefined) await later(storedSizeOf(given));
          return saved;
        },
        async delete(id, by) {
          const found = await repo.findById(id);
          const deleted = await repo.delete(id, by);
          if (deleted && found !== undefined) await later(-storedSizeOf(found));
          return deleted;
        },
        storedBytes: async () => counted,
      };
    }),

    // The log of deletions
    "a cursor from behind the end of the log is INVALID_ARGUMENT: it is of another store": mutant((repo) => ({
      async deletionsSince(cursor, limit, need) {
        const { cursor: end } = await repo.deletionsSince(undefined, limit);
        return repo.deletionsSince(cursor !== undefined && Number(cursor) > Number(end) ? end : cursor, limit, need);
      },
    })),
    "a deletion is logged with id, admin and time, and nothing of the snippet; expiry as expiry": mutant((repo) => ({
      delete: (id) => repo.delete(id, 1n),
    })),
    "a delete that deleted nothing logs nothing": logsRacily,
    "of racing deletes of one snippet one is logged, the one that said true": mutant((repo) => {
      let last = 0n;
      return {
        async delete(id, by) {
          last = by;
          await pause(1);
          return repo.delete(id, last);
        },
      };
    }),
    "no cursor is now: nothing of before, everything after": mutant((repo) => ({
      deletionsSince: (cursor, limit) => repo.deletionsSince(cursor ?? "", limit),
    })),
    "a cursor of an empty log sees the first deletion": mutant((repo) => ({
      deletionsSince: (cursor, limit) => repo.deletionsSince(cursor === "0" ? "1" : cursor, limit),
    })),
    "pages of every size hold each deletion once, the oldest first": mutant((repo) => ({
      async deletionsSince(cursor, limit) {
        const page = await repo.deletionsSince(cursor, limit);
        return { ...page, deletions: page.deletions.toReversed() };
      },
    })),
    "a page of the log is full unless the log has ended": mutant((repo) => ({
      deletionsSince: (cursor, limit) => repo.deletionsSince(cursor, Math.min(limit, 500)),
    })),
    "a deletion is told the same each time, whatever the hearer does to it": mutant((repo) => ({
      async deletionsSince(cursor, limit) {
        const page = await repo.deletionsSince(cursor, limit);
        return { ...page, deletions: page.deletions.map((deletion) => ({ ...deletion, at: new Date() })) };
      },
    })),
    "who needs none but young deletions is told all of those, from his cursor on": mutant((repo) => ({
      deletionsSince: (cursor, limit, need) => repo.deletionsSince(cursor === undefined || need === undefined ? cursor : "", limit, need),
    })),
    "who needs none but young deletions is told no older ones, and goes on behind them": mutant((repo) => ({
      deletionsSince: (cursor, limit) => repo.deletionsSince(cursor, limit),
    })),
    "what is no age is the nearest that there is": mutant((repo) => ({
      deletionsSince: async (cursor, limit, need) => {
        // As a database does whose intervals end somewhere.
        if (Math.abs(need?.youngerThanMs ?? 0) > 1e16) throw internal("interval out of range");
        return repo.deletionsSince(cursor, limit, need);
      },
    })),
    "of deletions one after the other none is said to have been before the one before it": mutant((repo) => ({
      async deletionsSince(cursor, limit, need) {
        const page = await repo.deletionsSince(cursor, limit, need);
        // As if the clock had been set back before the third.
        const at = (deletion: Deletion, index: number) => new Date(deletion.at.getTime() - (index === 2 ? 1000 : 0));
        return { ...page, deletions: page.deletions.map((deletion, index) => ({ ...deletion, at: at(deletion, index) })) };
      },
    })),
    "who reads on while many delete at once misses none and hears of none twice": logsBeforeItCommits,
    "a cursor that is none is INVALID_ARGUMENT, in the log too": mutant((repo) => ({
      deletionsSince: (cursor, limit) => repo.deletionsSince(cursor !== undefined && !/^\d{1,19}$/.test(cursor) ? "" : cursor, limit),
    })),

    "without its database every call is UNAVAILABLE, in time": () => ({
      ...correct(),
      openUnreachable: opening(() => overridden<SnippetRepo>(gone(), { findById: async () => undefined })),
    }),
  },
});
