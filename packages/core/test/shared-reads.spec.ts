/** Many reads of one snippet at once, and what may happen to it meanwhile. */
import assert from "node:assert/strict";
import { createRunner, type Ports, type Snippet, type TimeLimit, unavailable } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { runnerError } from "./expectations.js";
import { fakePorts } from "./ports.js";

const code = "package main\n\nfunc main() {}\n";

/** Ports whose store counts its reads, and holds each back, after it has found what there is, until `open` is called. */
function gatedPorts() {
  const { ports, cache } = fakePorts();
  const held: (() => void)[] = [];
  const { snippets } = ports;
  let reads = 0;
  const findById = async (id: bigint): Promise<Snippet | undefined> => {
    reads++;
    const found = await snippets.findById(id);
    await new Promise<void>((resolve) => held.push(resolve));
    return found;
  };
  const gated: Ports = {
    ...ports,
    snippets: new Proxy(snippets, {
      get(target, property) {
        const member: unknown = property === "findById" ? findById : Reflect.get(target, property);
        return typeof member === "function" ? member.bind(target) : member;
      },
    }),
  };
  return {
    ports: gated,
    cache,
    reads: () => reads,
    /** Waits until a read is held back, then lets it go. */
    async open() {
      while (held.length === 0) await turn();
      held.shift()?.();
    },
    /** Waits until a read is held back. */
    async held() {
      while (held.length === 0) await turn();
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("GetSnippet, many at once", () => {
  it("a hundred concurrent reads of one uncached id make one store read", async () => {
    const { ports, reads, open } = gatedPorts();
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    const answers = Array.from({ length: 100 }, () => runner.getSnippet.execute({ id }));
    await open();
    for (const answer of answers) assert.equal((await answer).code, code);
    assert.equal(reads(), 1);
  });

  it("also those that come while the store is asked, as long as there is a cache", async () => {
    const { ports, reads, open, held } = gatedPorts();
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    const answers = [runner.getSnippet.execute({ id })];
    await held();
    for (let n = 0; n < 99; n++) answers.push(runner.getSnippet.execute({ id }));
    await turn();
    await open();
    for (const answer of answers) assert.equal((await answer).code, code);
    assert.equal(reads(), 1);
  });

  it("without a cache those who came while the store was asked share one more read", async () => {
    const { ports, cache, reads, open, held } = gatedPorts();
    cache.fill = async () => {};
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    const answers = [runner.getSnippet.execute({ id })];
    await held();
    for (let n = 0; n < 99; n++) answers.push(runner.getSnippet.execute({ id }));
    await open();
    await open();
    for (const answer of answers) assert.equal((await answer).code, code);
    assert.equal(reads(), 2);
  });

  it("a read that came after a deletion is never answered by a read that began before it", async () => {
    const { ports, open, held } = gatedPorts();
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    const before = runner.getSnippet.execute({ id });
    await held();
    await runner.deleteSnippet.execute({ id, user: 1n });
    const after = runner.getSnippet.execute({ id });
    await open();
    assert.equal((await before).code, code, "this one began when the snippet was there");
    await open();
    await assert.rejects(after, runnerError("NOT_FOUND"));
    const later = runner.getSnippet.execute({ id });
    await open();
    await assert.rejects(later, runnerError("NOT_FOUND"));
  });

  it("an id that came into being while the store was asked for it is found by whoever comes then", async () => {
    const { ports, open, held } = gatedPorts();
    const runner = createRunner(ports);
    const before = runner.getSnippet.execute({ id: 1n });
    await held();
    assert.equal((await runner.shareCode.execute({ code })).id, 1n);
    const after = runner.getSnippet.execute({ id: 1n });
    await open();
    await assert.rejects(before, runnerError("NOT_FOUND"));
    assert.equal((await after).code, code);
    assert.equal((await runner.getSnippet.execute({ id: 1n })).code, code);
  });

  it("who cancels does not cancel the others, and does not wait for them", async () => {
    const { ports, reads, open, held } = gatedPorts();
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    const first = new AbortController();
    const cancelled = runner.getSnippet.execute({ id }, { signal: first.signal });
    const others = Array.from({ length: 9 }, () => runner.getSnippet.execute({ id }));
    await held();
    first.abort();
    await assert.rejects(cancelled, runnerError("CANCELLED"));
    await open();
    for (const answer of others) assert.equal((await answer).code, code);
    assert.equal(reads(), 1);
    await assert.rejects(runner.getSnippet.execute({ id }, { signal: first.signal }), runnerError("CANCELLED"));
  });

  it("a failure is told to all who waited for it, and to nobody who comes later", async () => {
    const { ports, reads, open } = gatedPorts();
    const { id } = await ports.snippets.save(aSnippet({ code }));
    let isGone = true;
    const runner = createRunner({
      ...ports,
      snippets: new Proxy(ports.snippets, {
        get(target, property) {
          if (property !== "findById") return Reflect.get(target, property);
          return async (wanted: bigint) => {
            const found = await target.findById(wanted);
            if (isGone) throw unavailable("the store is gone");
            return found;
          };
        },
      }),
    });
    const answers = Array.from({ length: 5 }, () => runner.getSnippet.execute({ id }));
    const outcomes = Promise.allSettled(answers);
    await open();
    for (const { status } of await outcomes) assert.equal(status, "rejected");
    assert.equal(reads(), 1);
    isGone = false;
    const later = runner.getSnippet.execute({ id });
    await open();
    assert.equal((await later).code, code);
  });

  it("what one caller does to its answer no other sees", async () => {
    const { ports, open } = gatedPorts();
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    const [one, other] = [runner.getSnippet.execute({ id }), runner.getSnippet.execute({ id })];
    await open();
    (await one).code = "altered";
    assert.equal((await other).code, code);
  });

  it("who waited for another's read until its own time was over begins no read of its own", async () => {
    const { ports, cache, reads, open, held } = gatedPorts();
    cache.fill = async () => {};
    const over: (() => void)[] = [];
    const timeLimit: TimeLimit = {
      hold(work) {
        let isOver = false;
        const tooLate = new Promise<never>((_resolve, reject) => {
          over.push(() => {
            isOver = true;
            reject(unavailable("too late"));
          });
        });
        return Promise.race([work(() => isOver), tooLate]);
      },
    };
    const runner = createRunner({ ...ports, timeLimit });
    const { id } = await ports.snippets.save(aSnippet({ code }));
    const first = runner.getSnippet.execute({ id });
    await held();
    const late = runner.getSnippet.execute({ id });
    over[1]?.();
    await assert.rejects(late, runnerError("UNAVAILABLE"));
    await open();
    assert.equal((await first).code, code);
    await turn();
    assert.equal(reads(), 1);
  });
});
