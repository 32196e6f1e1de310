/** Who judges the servers in faults.spec.ts is judged here: by wrong histories, each of which must be noticed. */
import assert from "node:assert/strict";
import { Ledger } from "../faults/ledger.js";
import { type Model, type Outcome, type Possibility, takeIn } from "../faults/model/model.js";

const id = 7n;

describe("The model of a store", () => {
  const share: Outcome = { call: "share", code: "c", answer: { id } };
  const get = (answer: (Outcome & { call: "get" })["answer"]): Outcome => ({ call: "get", id, answer });
  const remove = (answer: (Outcome & { call: "delete" })["answer"]): Outcome => ({ call: "delete", id, answer });
  const found = get({ code: "c" });

  /** Each list of calls overlaps, and comes after the one before it. */
  const after = (...history: Outcome[][]): Model => {
    const model: Model = new Map();
    for (const outcomes of history) takeIn(model, outcomes);
    return model;
  };
  const possibleAfter = (...history: Outcome[][]): Possibility[] => [...(after(...history).get(id)?.possible ?? [])].sort();

  for (const [what, history] of [
    ["a snippet that nobody deleted is not found", [[share], [get("NOT_FOUND")]]],
    ["a snippet that nobody deleted is not found by a delete", [[share], [remove("NOT_FOUND")]]],
    ["other code than was shared", [[share], [get({ code: "d" })]]],
    ["a read after an acknowledged delete", [[share], [remove("deleted")], [found]]],
    ["a read after a delete that found nothing any more", [[share], [remove("UNAVAILABLE")], [remove("NOT_FOUND")], [found]]],
    ["two racing deletes that both succeed", [[share], [remove("deleted"), remove("deleted")]]],
    ["a second delete that succeeds", [[share], [remove("deleted")], [remove("deleted")]]],
    ["racing deletes of which none succeeds", [[share], [remove("NOT_FOUND"), remove("NOT_FOUND")]]],
    ["one id for two shares", [[share], [share]]],
    ["one id for two racing shares", [[share, share]]],
    ["a snippet that nobody shared", [[found]]],
  ] satisfies [string, Outcome[][]][]) {
    it(`does not explain: ${what}`, () => {
      assert.throws(() => after(...history), /snippet 7|the id 7/);
    });
  }

  it("holds both possible after a delete that was refused, until one is answered", () => {
    const refused = [[share], [remove("UNAVAILABLE")]];
    assert.deepEqual(possibleAfter(...refused), ["deleted", "stored"]);
    // It may still be under way when its caller has given up.
    assert.deepEqual(possibleAfter(...refused, [found], [get("NOT_FOUND")], [found]), ["deleted", "stored"]);
    assert.deepEqual(possibleAfter(...refused, [remove("deleted")]), ["deleted"]);
    assert.deepEqual(possibleAfter(...refused, [remove("NOT_FOUND")]), ["deleted"]);
  });

  it("lets calls that overlap come in any order", () => {
    assert.deepEqual(possibleAfter([share], [found, remove("deleted"), get("NOT_FOUND"), remove("NOT_FOUND")]), ["deleted"]);
    assert.deepEqual(possibleAfter([share], [remove("UNAVAILABLE"), remove("NOT_FOUND"), found]), ["deleted"]);
  });

  it("keeps what nobody touched, refused shares and reads apart", () => {
    assert.deepEqual(possibleAfter([share, { call: "share", code: "e", answer: "UNAVAILABLE" }], [found, get("UNAVAILABLE")]), ["stored"]);
  });
});

describe("The ledger of a load", () => {
  const shared = (staleMs = 0) => {
    const ledger = new Ledger({ staleMs, mayRefuse: true });
    ledger.acknowledgedShare("m", id, "c");
    const entry = ledger.live(0);
    assert.ok(entry !== undefined);
    return { ledger, entry };
  };
  const now = () => performance.now();

  it("notices what is lost, but not what somebody is deleting", () => {
    const { ledger, entry } = shared();
    ledger.read(entry, undefined, { at: now(), deletion: "none", by: "a client" });
    assert.match(ledger.violations.join(), /^lost: a client/);
    ledger.beginDelete(entry);
    ledger.read(entry, undefined, { at: now(), deletion: "none", by: "a client" });
    assert.equal(ledger.violations.length, 1);
    assert.equal(ledger.live(0), undefined);
  });

  it("notices a delete that finds nothing, unless another was sent", () => {
    const alone = shared();
    alone.ledger.beginDelete(alone.entry);
    alone.ledger.acknowledgedDelete(alone.entry, { by: "a client", found: false });
    assert.match(alone.ledger.violations.join(), /^lost: a client found nothing to delete/);

    const { ledger, entry } = shared();
    ledger.beginDelete(entry);
    ledger.beginDelete(entry);
    ledger.acknowledgedDelete(entry, { by: "the second", found: true });
    ledger.acknowledgedDelete(entry, { by: "the first", found: false });
    assert.deepEqual(ledger.violations, []);
    assert.deepEqual([entry.deletion, ledger.counts.deletes.acknowledged], ["acknowledged", 1]);
  });

  it("notices code that was never shared", () => {
    const { ledger, entry } = shared();
    ledger.read(entry, "d", { at: now(), deletion: "none", by: "a client" });
    assert.match(ledger.violations.join(), /^wrong: a client/);
  });

  it("notices a read that began after the delete was acknowledged, but not one that began before", () => {
    const { ledger, entry } = shared();
    ledger.beginDelete(entry);
    ledger.acknowledgedDelete(entry, { by: "a client", found: true });
    ledger.read(entry, "c", { at: now() - 1000, deletion: "begun", by: "a client" });
    assert.deepEqual(ledger.violations, []);
    ledger.read(entry, "c", { at: now() + 1, deletion: "acknowledged", by: "a client" });
    ledger.judge({ wasCutOff: false });
    assert.match(ledger.violations.join(), /^stale: a client/);
    assert.equal(ledger.staleReads, 1);
  });

  it("holds a server that took itself for cut off to what is promised then", () => {
    const { ledger, entry } = shared();
    ledger.beginDelete(entry);
    ledger.acknowledgedDelete(entry, { by: "a client", found: true });
    ledger.read(entry, "c", { at: now() + 1000, deletion: "acknowledged", by: "a client" });
    ledger.judge({ wasCutOff: true });
    assert.deepEqual(ledger.violations, []);
    ledger.read(entry, "c", { at: now() + 30_000, deletion: "acknowledged", by: "a client" });
    ledger.judge({ wasCutOff: true });
    assert.match(ledger.violations.join(), /^stale: a client/);
  });

  it("excuses refusals while the fault lasts, where it excuses any", () => {
    for (const mayRefuse of [true, false]) {
      const ledger = new Ledger({ staleMs: 0, mayRefuse });
      assert.equal(ledger.mayRefuse, false);
      ledger.isBroken = true;
      assert.equal(ledger.mayRefuse, mayRefuse);
    }
  });

  it("lets a server that is cut off be behind for as long as is promised, ten times as wide, and no longer", () => {
    const { ledger, entry } = shared(100);
    ledger.beginDelete(entry);
    ledger.acknowledgedDelete(entry, { by: "a client", found: true });
    assert.equal(ledger.read(entry, "c", { at: now() + 900, deletion: "acknowledged", by: "a client" }), "behind");
    assert.deepEqual(ledger.violations, []);
    ledger.read(entry, "c", { at: now() + 1100, deletion: "acknowledged", by: "a client" });
    assert.match(ledger.violations.join(), /^stale: a client/);
    assert.ok(ledger.longestStaleMs > 1000);
  });
});
