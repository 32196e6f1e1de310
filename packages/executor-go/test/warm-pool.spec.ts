import assert from "node:assert/strict";
import { silentLogger } from "@gorunner/core";
import { WarmPool, type WarmPoolOptions } from "../src/pool/warm-pool.js";

interface Item {
  number: number;
  usable: boolean;
}

function aPool(options: Partial<WarmPoolOptions<Item>> = {}) {
  const made: Item[] = [];
  const discarded: number[] = [];
  const pool = new WarmPool<Item>({
    name: "test",
    size: 2,
    make: async () => {
      const item = { number: made.length + 1, usable: true };
      made.push(item);
      return item;
    },
    isUsable: ({ usable }) => usable,
    discard: async ({ number }) => void discarded.push(number),
    idleMs: 60_000,
    logger: silentLogger,
    ...options,
  });
  return { pool, made, discarded };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("WarmPool", () => {
  it("makes one when none is ready", async () => {
    const { pool } = aPool();
    assert.equal((await pool.take()).number, 1);
    await pool.close();
  });

  it("is filled up to its size, and hands out what is ready, oldest first", async () => {
    const { pool, made, discarded } = aPool();
    pool.refill();
    pool.refill();
    await settled();
    assert.equal(made.length, 2);
    assert.equal((await pool.take()).number, 1);
    assert.equal((await pool.take()).number, 2);
    assert.equal((await pool.take()).number, 3);
    await pool.close();
    assert.deepEqual(discarded, []);
  });

  it("clears what is no longer usable", async () => {
    const { pool, made, discarded } = aPool();
    pool.refill();
    await settled();
    for (const item of made) item.usable = false;
    assert.equal((await pool.take()).number, 3);
    await pool.close();
    assert.deepEqual(discarded, [1, 2]);
  });

  it("gives all up when nobody takes any for a while", async () => {
    const { pool, discarded } = aPool({ idleMs: 30 });
    pool.refill();
    const deadline = performance.now() + 5_000;
    while (discarded.length < 2 && performance.now() < deadline) await settled();
    assert.deepEqual(discarded, [1, 2]);
    await pool.close();
  });

  it("closing clears what is ready and what is being made", async () => {
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const discarded: number[] = [];
    const { pool } = aPool({
      make: async () => {
        await slow;
        return { number: 1, usable: true };
      },
      discard: async ({ number }) => void discarded.push(number),
    });
    pool.refill();
    const closed = pool.close();
    finish();
    await closed;
    assert.deepEqual(discarded, [1]);
  });

  it("a failure to make ahead is told to nobody but the next who takes", async () => {
    const { pool } = aPool({
      make: async () => {
        throw new Error("can't");
      },
    });
    pool.refill();
    await settled();
    await assert.rejects(pool.take(), /can't/);
    await pool.close();
  });
});
