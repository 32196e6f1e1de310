import assert from "node:assert/strict";
import { FairShare, type Holder, RefusalLog } from "../src/index.js";

/** Holds one of `share` until it is ended. */
function holderIn(share: FairShare, peer: string, ended: string[] = [], name = peer): Holder & { busy: boolean } {
  const holder = {
    peer,
    busy: false,
    canEnd: () => !holder.busy,
    end: () => {
      ended.push(name);
      share.give(holder);
    },
  };
  return holder;
}

describe("FairShare", () => {
  it("bounds what one peer holds, and takes it again once it is given back", () => {
    const share = new FairShare({ inAll: 10, perPeer: 3 });
    const [one, two, other] = [holderIn(share, "a"), holderIn(share, "a"), holderIn(share, "b")];
    one.busy = true;
    two.busy = true;
    assert.ok(share.take(one, 2));
    assert.ok(!share.take(two, 2));
    assert.ok(share.take(two, 1));
    assert.ok(share.take(other, 3));
    share.give(one, 1);
    assert.ok(share.take(two, 1));
    share.give(one);
    share.give(one);
    assert.ok(share.take(two, 1));
    assert.ok(!share.take(two, 1));
  });

  it("when all is taken ends the oldest of the largest holders of the peer that holds the most", () => {
    const share = new FairShare({ inAll: 6, perPeer: 6 });
    const ended: string[] = [];
    for (const name of ["a1", "a2", "a3"]) share.take(holderIn(share, "a", ended, name), name === "a1" ? 1 : 2);
    share.take(holderIn(share, "b", ended), 1);
    assert.ok(share.take(holderIn(share, "c", ended), 1));
    assert.deepEqual(ended, ["a2"]);
  });

  it("when a peer has all that it may have ends its largest holder in favour of a smaller one", () => {
    const share = new FairShare({ inAll: 100, perPeer: 10 });
    const ended: string[] = [];
    const [large, small] = [holderIn(share, "a", ended, "large"), holderIn(share, "a", ended, "small")];
    assert.ok(share.take(large, 9));
    assert.ok(!share.take(large, 2));
    assert.ok(share.take(small, 2));
    assert.deepEqual(ended, ["large"]);
    assert.ok(share.take(large, 8));
    assert.ok(!share.take(large, 1));
    assert.deepEqual(ended, ["large"]);
  });

  it("ends no holder that may not be ended, and none of a peer that holds less than the taker would", () => {
    const share = new FairShare({ inAll: 4, perPeer: 4 });
    const ended: string[] = [];
    const busy = holderIn(share, "a", ended, "busy");
    busy.busy = true;
    share.take(busy, 3);
    share.take(holderIn(share, "b", ended), 1);
    assert.ok(!share.take(holderIn(share, "c", ended), 2));
    assert.deepEqual(ended, []);
    assert.ok(share.take(holderIn(share, "c", ended), 1));
    assert.deepEqual(ended, ["b"]);
  });

  it("gives no more to the peer that would hold the most", () => {
    const share = new FairShare({ inAll: 4, perPeer: 4 });
    const ended: string[] = [];
    for (let index = 0; index < 3; index++) assert.ok(share.take(holderIn(share, "a", ended), 1));
    assert.ok(share.take(holderIn(share, "b", ended), 1));
    assert.ok(!share.take(holderIn(share, "a", ended), 1));
    assert.deepEqual(ended, []);
  });
});

describe("RefusalLog", () => {
  it("logs each reason once in ten seconds, and then how often it was meant", () => {
    const lines: unknown[] = [];
    const keep = (message: string, fields?: object) => void lines.push({ message, ...fields });
    const log = new RefusalLog({ debug: keep, info: keep, warn: keep, error: keep }, "grpc");
    for (let index = 0; index < 1000; index++) log.refused("connections");
    log.refused("calls");
    const line = { message: "refused because of a bound", transport: "grpc", times: 1 };
    assert.deepEqual(lines, [
      { ...line, reason: "connections" },
      { ...line, reason: "calls" },
    ]);
  });
});
