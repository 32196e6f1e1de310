import assert from "node:assert/strict";
import { withoutTurns } from "@gorunner/core";
import { type FetchFacts, fetchOutcomeOf } from "../../src/modules/fetch-outcome.js";
import type { FetchEnd } from "../../src/modules/fetch-sandbox.js";

const limits = { timeoutMs: 1_000, maxBytes: 8 * 1024 * 1024, maxEntries: 100 };
const end = { exitCode: 5, signal: 0, wallNs: 0, cpuNs: 0, peakBytes: 0, droppedBytes: 0, artifactBytes: 0 };

const ended = (report: object): FetchEnd => ({
  result: { end, memoryKills: 0, processRefusals: 0 },
  stdout: JSON.stringify({ bytes: 0, entries: 0, ...report }),
  stderr: "",
});
const facts = { limits, refused: [], turns: withoutTurns };
const told = async (text: string, refused: FetchFacts["refused"] = []) => {
  const problems = [{ place: "prog.go:3:8", subject: "a.example/m", text }];
  const outcome = await fetchOutcomeOf(ended({ problems }), { ...facts, refused });
  assert.ok(outcome.outcome === "fetch_error");
  return outcome.output;
};

describe("a fetch that failed", () => {
  for (const [text, why] of [
    ["a.example/m@v1: reading http://127.0.0.1:1/0/a.example/m/@v/v1.info: 404 Not Found", "not found by the module proxy"],
    ["a.example/m@v1: reading http://127.0.0.1:1/0/x.zip: 403 Forbidden", "the module proxy refuses it"],
    ["reading http://127.0.0.1:1/0/x.zip: 421 Misdirected Request", "the module proxy sends it elsewhere, where this server asks nobody"],
    ["reading http://127.0.0.1:1/0/x.zip: 429 Too Many Requests", "the modules that this program needs are too many"],
    ["reading http://127.0.0.1:1/0/x.zip: 502 Bad Gateway\n\tserver response: internal-token", "the module proxy can't be reached"],
    [
      "verifying a.example/m@v1: checksum mismatch",
      "checksum mismatch: what the module proxy has is not what go.sum or the checksum database says",
    ],
    [
      "verifying module: a.example/m@v1: reading http://127.0.0.1:1/sumdb/x: 502 Bad Gateway",
      "it can't be verified by the checksum database",
    ],
    ['invalid response from proxy "http://10.0.0.1/": invalid character', "the module proxy answers what is no module"],
    ["a.example/m@v1 requires go >= 1.999 (running go 1.26)", "it requires a newer Go than this server has"],
    ["dial tcp 10.0.0.1:443: whatever comes", "it can't be resolved to a module; `go mod tidy` says more"],
  ] as const) {
    it(`says by a fixed wording: ${why}`, async () => assert.equal(await told(text), `prog.go:3:8: a.example/m: ${why}\n`));
  }

  it("says why an answer was broken off", async () => {
    const refused = [{ reason: "too_large", detail: "https://u@10.0.0.1/x is too large" }] as const;
    assert.equal(
      await told('a.example/m@v1: Get "http://127.0.0.1:1/x": unexpected EOF', refused),
      "prog.go:3:8: a.example/m: it is too large\n",
    );
  });

  it("names nothing that is not the program's own", async () => {
    const outcome = await fetchOutcomeOf(
      ended({ problems: [{ text: "secret.internal/x@v1: reading http://10.0.0.1/: 404 Not Found" }] }),
      facts,
    );
    assert.ok(outcome.outcome === "fetch_error");
    assert.equal(outcome.output, "a module that this program needs: not found by the module proxy\n");
    assert.deepEqual(outcome.details, ["secret.internal/x@v1: reading http://10.0.0.1/: 404 Not Found"]);
  });

  it("leaves a program's words alone, be they like an address", async () => {
    const problem = { place: "prog.go:3:8", subject: "127.0.0.1/x", text: "cannot find module providing package 127.0.0.1/x" };
    const outcome = await fetchOutcomeOf(ended({ problems: [problem] }), facts);
    assert.ok(outcome.outcome === "fetch_error");
    assert.equal(outcome.output, "prog.go:3:8: 127.0.0.1/x: no module that the module proxy has contains this package\n");
  });

  it("says which limit it exceeded", async () => {
    const outcomes = await Promise.all(["bytes", "entries"].map((exceeded) => fetchOutcomeOf(ended({ exceeded }), facts)));
    const outputs = outcomes.map((outcome) => (outcome.outcome === "fetch_error" ? outcome.output : outcome.outcome));
    assert.deepEqual(outputs, [
      "the modules that this program needs are too large: above 8 MiB\n",
      "the modules that this program needs have too many files: above 100\n",
    ]);
  });

  it("is read in slices, between which others have their turn", async () => {
    let turns = 0;
    const counted = { next: async () => void turns++ };
    const said = `go: ${"x".repeat(90)}\n`.repeat(1_000);
    const wrong = { ...ended({}), stderr: said, result: { end: { ...end, exitCode: 1 }, memoryKills: 0, processRefusals: 0 } };
    const outcome = await fetchOutcomeOf(wrong, { ...facts, turns: counted });
    assert.ok(outcome.outcome === "compile_error");
    assert.equal(outcome.diagnostics.length, 1_000);
    assert.ok(turns >= 10, `${turns} turns`);
  });

  for (const report of [{ bytes: -1 }, { std: [1] }, { problems: [{}] }, { problems: [null] }, { exceeded: "time" }, { mod: 1 }]) {
    it(`is our own fault where the report is none: ${JSON.stringify(report)}`, () =>
      assert.rejects(fetchOutcomeOf(ended(report), facts), /did not say what it has fetched/));
  }
});
