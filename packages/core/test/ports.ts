/** Small ports in memory for tests of the use cases; each notes what is asked of it in `journal`. */
import { randomBytes } from "node:crypto";
import {
  type Cache,
  type CodeExecutor,
  defaultLimits,
  type Execution,
  type Ports,
  type Snippet,
  type SnippetId,
  type UserId,
} from "@gorunner/core";
import { InMemorySnippetRepo } from "@gorunner/core/contract";

/** An execution that succeeded silently; each field can be overridden. */
export function anExecution(fields: Partial<Execution>): Execution {
  return {
    outcome: "ok",
    stdout: new Uint8Array(),
    stderr: new Uint8Array(),
    events: [],
    droppedBytes: 0,
    diagnostics: [],
    timings: { queueMs: 0, fetchMs: 0, buildMs: 0, runMs: 0 },
    usage: { cpuMs: 0, peakMemoryBytes: 0 },
    toolchain: "go1.26.8",
    limits: defaultLimits,
    ...fields,
  };
}

/** A cache that keeps what matters to use cases; times to live it notes, and hands out what it keeps. */
class FakeCache implements Cache {
  readonly #entries = new Map<SnippetId, Snippet | "absent">();
  readonly #buried = new Set<SnippetId>();
  readonly ttlsMs: number[] = [];

  async get(id: SnippetId): Promise<Snippet | "absent" | undefined> {
    return this.#entries.get(id);
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    this.ttlsMs.push(ttlMs);
    if (!this.#buried.has(snippet.id)) this.#entries.set(snippet.id, snippet);
  }

  async fillAbsent(id: SnippetId, ttlMs: number): Promise<void> {
    this.ttlsMs.push(ttlMs);
    if (!this.#buried.has(id) && !this.#entries.has(id)) this.#entries.set(id, "absent");
  }

  async bury(id: SnippetId): Promise<void> {
    this.#buried.add(id);
    this.#entries.delete(id);
  }
}

/** All ports, user 1 an admin, and the names of the methods that were called, in order. */
export function fakePorts(execute: CodeExecutor["execute"] = async () => anExecution({})) {
  const journal: string[] = [];
  const cache = new FakeCache();
  const ports: Ports = {
    executor: { execute },
    snippets: new InMemorySnippetRepo(),
    cache,
    random: { bytes: randomBytes },
    admins: { isAdmin: async (user: UserId) => user === 1n },
    metrics: {
      requestHandled() {},
      executionEnded({ outcome }) {
        journal.push(`measured ${outcome}`);
      },
      buildCacheLookedUp() {},
      snippetCacheLookedUp() {},
      ssoAnswered() {},
      storeMeasured() {},
      executorLoadChanged() {},
    },
  };
  return {
    journal,
    cache,
    ports: {
      ...ports,
      executor: journalled("executor", ports.executor, journal),
      snippets: journalled("snippets", ports.snippets, journal),
      cache: journalled("cache", ports.cache, journal),
      admins: journalled("admins", ports.admins, journal),
    },
  };
}

function journalled<Port extends object>(name: string, port: Port, journal: string[]): Port {
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        journal.push(`${name}.${String(property)}`);
        return Reflect.apply(member, target, args);
      };
    },
  });
}
