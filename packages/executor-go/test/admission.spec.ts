import assert from "node:assert/strict";
import { RunnerError } from "@gorunner/core";
import { Admission } from "../src/pool/admission.js";

const isError = (code: RunnerError["code"]) => (error: unknown) => error instanceof RunnerError && error.code === code;

/** Work that ends when told to. */
function aWork() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { run: () => ended, end: () => end() };
}

describe("Admission", () => {
  it("runs as many at once as allowed, and the next when one ends, in order of arrival", async () => {
    const admission = new Admission({ concurrency: 1, queue: 2, queueTimeoutMs: 10_000 });
    const order: string[] = [];
    const first = aWork();
    const calls = [
      admission.run(async () => {
        order.push("first");
        await first.run();
      }),
      admission.run(async () => void order.push("second")),
      admission.run(async () => void order.push("third")),
    ];
    await new Promise(setImmediate);
    assert.deepEqual(order, ["first"]);
    first.end();
    await Promise.all(calls);
    assert.deepEqual(order, ["first", "second", "third"]);
  });

  it("refuses what does not fit into the queue, and says when to come back", async () => {
    const admission = new Admission({ concurrency: 1, queue: 0, queueTimeoutMs: 1_500 });
    const running = aWork();
    const call = admission.run(running.run);
    await assert.rejects(
      admission.run(async () => {}),
      (error) => error instanceof RunnerError && error.code === "RESOURCE_EXHAUSTED" && (error.retryAfterMs ?? 0) > 0,
    );
    running.end();
    await call;
    assert.equal(await admission.run(async () => "again"), "again");
  });

  it("refuses what waited too long", async () => {
    const admission = new Admission({ concurrency: 1, queue: 1, queueTimeoutMs: 10 });
    const running = aWork();
    const call = admission.run(running.run);
    await assert.rejects(
      admission.run(async () => {}),
      isError("RESOURCE_EXHAUSTED"),
    );
    running.end();
    await call;
  });

  it("does not refuse whose turn is next before a place has been held for as long as one may be", async () => {
    const admission = new Admission({ concurrency: 2, queue: 8, queueTimeoutMs: 10, longestMs: 10_000 });
    const running = [aWork(), aWork()];
    const calls = running.map(({ run }) => admission.run(run, { caller: "a" }));
    const [next, ofAnother] = [admission.run(async () => "next", { caller: "a" }), admission.run(async () => "other", { caller: "b" })];
    // Of two callers the second request comes after both: a third turn.
    await Promise.all(
      ["a", "b", "c"].map((caller) =>
        assert.rejects(
          admission.run(async () => {}, { caller }),
          isError("RESOURCE_EXHAUSTED"),
        ),
      ),
    );
    for (const work of running) work.end();
    assert.deepEqual(await Promise.all([next, ofAnother]), ["next", "other"]);
    await Promise.all(calls);
  });

  it("refuses also whose turn is next when no place becomes free in that time", async () => {
    const admission = new Admission({ concurrency: 1, queue: 1, queueTimeoutMs: 10, longestMs: 10 });
    const running = aWork();
    const call = admission.run(running.run);
    await assert.rejects(
      admission.run(async () => {}),
      isError("RESOURCE_EXHAUSTED"),
    );
    running.end();
    await call;
  });

  it("a cancelled wait frees its place in the queue", async () => {
    const admission = new Admission({ concurrency: 1, queue: 1, queueTimeoutMs: 10_000 });
    const running = aWork();
    const call = admission.run(running.run);
    const controller = new AbortController();
    const waiting = admission.run(async () => {}, { signal: controller.signal });
    controller.abort();
    await assert.rejects(waiting, isError("CANCELLED"));
    const next = admission.run(async () => "next");
    running.end();
    await call;
    assert.equal(await next, "next");
  });

  it("callers take turns: one who sends many does not keep the others waiting", async () => {
    const admission = new Admission({ concurrency: 1, queue: 10, queueTimeoutMs: 10_000 });
    const running = aWork();
    const order: string[] = [];
    const calls = [admission.run(running.run)];
    for (const [caller, name] of [
      ["a", "a1"],
      ["a", "a2"],
      ["a", "a3"],
      ["b", "b1"],
      ["c", "c1"],
      ["b", "b2"],
    ] as const) {
      calls.push(admission.run(async () => void order.push(name), { caller }));
    }
    running.end();
    await Promise.all(calls);
    assert.deepEqual(order, ["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  describe("with a place for guests", () => {
    const full = async () => {
      const admission = new Admission({ concurrency: 2, guests: 1, queue: 2, queueTimeoutMs: 10_000 });
      const works = Array.from({ length: 4 }, aWork);
      const calls = works.map(({ run }) => admission.run(run, { caller: "many" }));
      await new Promise(setImmediate);
      const end = async () => {
        for (const work of works) work.end();
        await Promise.all(calls);
      };
      return { admission, works, calls, end };
    };

    it("who has nothing running need not wait for one who has all places, not even where the queue is full", async () => {
      const { admission, end } = await full();
      assert.deepEqual([admission.running, admission.waiting], [2, 2]);
      assert.equal(await admission.run(async () => "one", { caller: "few" }), "one");
      assert.equal(await admission.run(async () => "two", { caller: "few" }), "two");
      await end();
    });

    it("it is no place more for one who has some", async () => {
      const { admission, end } = await full();
      const guest = aWork();
      const call = admission.run(guest.run, { caller: "few" });
      for (const caller of ["few", "many", "other"]) {
        await assert.rejects(
          admission.run(async () => {}, { caller }),
          isError("RESOURCE_EXHAUSTED"),
        );
      }
      assert.equal(admission.running, 3);
      guest.end();
      await call;
      assert.equal(admission.running, 2);
      await end();
      assert.equal(admission.running, 0);
    });

    it("a place that becomes free while a guest runs is not given on until that is over", async () => {
      const { admission, works, calls, end } = await full();
      const guest = aWork();
      const call = admission.run(guest.run, { caller: "few" });
      works[0]?.end();
      await calls[0];
      assert.deepEqual([admission.running, admission.waiting], [2, 2]);
      guest.end();
      await call;
      assert.deepEqual([admission.running, admission.waiting], [2, 1]);
      await end();
    });
  });

  it("one that leaves may make room for two: one in its place, and a guest behind", async () => {
    const admission = new Admission({ concurrency: 1, guests: 1, queue: 9, queueTimeoutMs: 10_000 });
    const [many, few, more, next] = [aWork(), aWork(), aWork(), aWork()];
    const calls = [admission.run(many.run, { caller: "many" }), admission.run(few.run, { caller: "few" })];
    calls.push(admission.run(more.run, { caller: "many" }), admission.run(next.run, { caller: "few" }));
    assert.deepEqual([admission.running, admission.waiting], [2, 2]);
    many.end();
    await calls[0];
    // Of whom nothing runs, who has waited longest is the guest now.
    assert.deepEqual([admission.running, admission.waiting], [2, 1]);
    few.end();
    await calls[1];
    assert.deepEqual([admission.running, admission.waiting], [2, 0]);
    for (const work of [more, next]) work.end();
    await Promise.all(calls);
  });

  describe("of work that has to wait for something first", () => {
    it("neither keeps a place from others nor counts as time in the queue", async () => {
      const admission = new Admission({ concurrency: 1, queue: 1, queueTimeoutMs: 20 });
      const [preparation, ran] = [aWork(), aWork()];
      const call = admission.runWhen(preparation.run, async () => "late");
      assert.equal(admission.running, 0);
      const other = admission.run(ran.run);
      assert.equal(admission.running, 1);
      ran.end();
      await other;
      await new Promise((resolve) => setTimeout(resolve, 60));
      preparation.end();
      assert.equal(await call, "late");
    });

    it("takes no more than may run and wait", async () => {
      const admission = new Admission({ concurrency: 2, queue: 1, queueTimeoutMs: 10_000 });
      const preparation = aWork();
      const calls = Array.from({ length: 3 }, () => admission.runWhen(preparation.run, async () => {}));
      await assert.rejects(
        admission.runWhen(preparation.run, async () => {}),
        isError("RESOURCE_EXHAUSTED"),
      );
      preparation.end();
      await Promise.all(calls);
    });

    it("is accepted work, for which draining waits, also when it fails", async () => {
      const admission = new Admission({ concurrency: 1, queue: 1, queueTimeoutMs: 10_000 });
      const preparation = aWork();
      let done = 0;
      const call = admission.runWhen(preparation.run, async () => void done++);
      const failing = assert.rejects(
        admission.runWhen(
          async () => Promise.reject(new Error("not there")),
          async () => {},
        ),
        /not there/,
      );
      const drained = admission.drain().then(() => done);
      await failing;
      await assert.rejects(
        admission.runWhen(preparation.run, async () => {}),
        isError("UNAVAILABLE"),
      );
      preparation.end();
      assert.equal(await drained, 1);
      await call;
    });
  });

  it("work that fails frees its place", async () => {
    const admission = new Admission({ concurrency: 1, queue: 0, queueTimeoutMs: 10_000 });
    await assert.rejects(
      admission.run(async () => {
        throw new Error("failed");
      }),
      /failed/,
    );
    assert.equal(await admission.run(async () => "next"), "next");
  });

  it("draining refuses what is new and waits for what was accepted, the queue included", async () => {
    const admission = new Admission({ concurrency: 1, queue: 1, queueTimeoutMs: 10_000 });
    const running = aWork();
    const done: string[] = [];
    const accepted = [
      admission.run(running.run).then(() => done.push("running")),
      admission.run(async () => {}).then(() => done.push("queued")),
    ];
    const drained = admission.drain().then(() => done.push("drained"));
    await assert.rejects(
      admission.run(async () => {}),
      isError("UNAVAILABLE"),
    );
    running.end();
    await Promise.all([...accepted, drained]);
    assert.deepEqual(done.sort(), ["drained", "queued", "running"]);
  });

  it("tells its load at each change, and ends at none", async () => {
    const loads: string[] = [];
    const admission = new Admission({
      concurrency: 1,
      queue: 1,
      queueTimeoutMs: 10_000,
      onChange: ({ queued, running }) => loads.push(`${running}+${queued}`),
    });
    await Promise.all([admission.run(async () => {}), admission.run(async () => {})]);
    assert.ok(loads.includes("1+1"));
    assert.equal(loads.at(-1), "0+0");
  });
});
