import assert from "node:assert/strict";
import { RunnerError } from "@gorunner/core";
import { SharedFetches } from "../../src/modules/shared-fetches.js";
import { Admission } from "../../src/pool/admission.js";

/** Fetches that end when they are told to. */
class Fetches {
  readonly started: string[] = [];
  readonly cancelled: string[] = [];
  readonly #ends = new Map<string, () => void>();
  readonly #shared: SharedFetches<string>;

  constructor(places: { concurrency: number; running: number; waiting: number; queue: number; queueTimeoutMs?: number }) {
    const { running, waiting, ...rest } = places;
    this.#shared = new SharedFetches(
      new Admission({ queueTimeoutMs: 60_000, ...rest, perCaller: { running, waiting }, what: "module fetches" }),
    );
  }

  join(key: string, caller: string, signal?: AbortSignal): Promise<string> {
    const joined = this.#shared.join(key, (own) => this.#fetch(key, own as AbortSignal), {
      caller,
      ...(signal === undefined ? {} : { signal }),
    });
    return joined.then(({ result }) => result);
  }

  end(key: string): void {
    this.#ends.get(key)?.();
  }

  #fetch(key: string, signal: AbortSignal): Promise<string> {
    this.started.push(key);
    return new Promise((resolve, reject) => {
      this.#ends.set(key, () => resolve(`${key} fetched`));
      signal.addEventListener("abort", () => {
        this.cancelled.push(key);
        reject(new Error("cancelled"));
      });
    });
  }
}

const turns = () => new Promise((resolve) => setImmediate(resolve));
const isExhausted = (error: unknown) =>
  error instanceof RunnerError &&
  error.code === "RESOURCE_EXHAUSTED" &&
  /^too many module fetches/.test(error.message) &&
  error.retryAfterMs !== undefined;
const isCancelled = (error: unknown) => error instanceof RunnerError && error.code === "CANCELLED";

describe("SharedFetches", () => {
  it("fetch once what many callers want, with one place", async () => {
    const fetches = new Fetches({ concurrency: 1, running: 1, waiting: 0, queue: 0 });
    const all = Promise.all(["a", "b", "c", "a"].map((caller) => fetches.join("x", caller)));
    await turns();
    fetches.end("x");
    assert.deepEqual([await all, fetches.started], [Array(4).fill("x fetched"), ["x"]]);
    const again = fetches.join("x", "a");
    await turns();
    fetches.end("x");
    assert.equal(await again, "x fetched");
    assert.deepEqual(fetches.started, ["x", "x"]);
  });

  it("let one caller go without ending the fetch for the others, and end it with the last", async () => {
    const fetches = new Fetches({ concurrency: 1, running: 1, waiting: 0, queue: 0 });
    const [one, other] = [new AbortController(), new AbortController()];
    const first = fetches.join("x", "a", one.signal);
    const second = fetches.join("x", "b", other.signal);
    await turns();
    one.abort();
    await assert.rejects(first, isCancelled);
    assert.deepEqual(fetches.cancelled, []);
    other.abort();
    await assert.rejects(second, isCancelled);
    assert.deepEqual(fetches.cancelled, ["x"]);
  });

  it("keep a place while the fetch goes on, also when the caller who had it has gone", async () => {
    const fetches = new Fetches({ concurrency: 1, running: 1, waiting: 1, queue: 4 });
    const controller = new AbortController();
    const first = fetches.join("x", "a", controller.signal);
    const second = fetches.join("x", "b");
    await turns();
    controller.abort();
    await assert.rejects(first, isCancelled);
    const next = fetches.join("y", "c");
    await turns();
    assert.deepEqual(fetches.started, ["x"]);
    fetches.end("x");
    assert.equal(await second, "x fetched");
    await turns();
    fetches.end("y");
    assert.equal(await next, "y fetched");
  });

  it("hold a caller to a few places, and leave the others to others", async () => {
    const fetches = new Fetches({ concurrency: 3, running: 1, waiting: 1, queue: 4 });
    const own = ["1", "2"].map((key) => fetches.join(key, "greedy"));
    await turns();
    await assert.rejects(fetches.join("3", "greedy"), isExhausted);
    const other = fetches.join("4", "other");
    await turns();
    assert.deepEqual(fetches.started, ["1", "4"]);
    fetches.end("4");
    assert.equal(await other, "4 fetched");
    fetches.end("1");
    await turns();
    fetches.end("2");
    assert.deepEqual(await Promise.all(own), ["1 fetched", "2 fetched"]);
  });

  it("start by the place of whoever has one first", async () => {
    const fetches = new Fetches({ concurrency: 2, running: 1, waiting: 2, queue: 4 });
    const busy = fetches.join("busy", "a");
    const first = fetches.join("x", "a");
    await turns();
    assert.deepEqual(fetches.started, ["busy"]);
    const second = fetches.join("x", "b");
    await turns();
    assert.deepEqual(fetches.started, ["busy", "x"]);
    fetches.end("x");
    assert.deepEqual(await Promise.all([first, second]), ["x fetched", "x fetched"]);
    fetches.end("busy");
    await busy;
  });

  it("refuse who waits too long, and fetch nothing for them", async () => {
    const fetches = new Fetches({ concurrency: 1, running: 1, waiting: 1, queue: 1, queueTimeoutMs: 20 });
    const busy = fetches.join("busy", "a");
    await assert.rejects(fetches.join("x", "b"), isExhausted);
    fetches.end("busy");
    assert.equal(await busy, "busy fetched");
    assert.deepEqual(fetches.started, ["busy"]);
  });
});
