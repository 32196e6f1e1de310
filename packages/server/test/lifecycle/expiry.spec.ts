import assert from "node:assert/strict";
import { type Logger, silentLogger, unavailable } from "@gorunner/core";
import { expireNowAndThen } from "../../src/lifecycle/expiry.js";

/** Runs until the work has been asked for `answers.length` times, each time answering or failing as told. */
async function run(...answers: (boolean | Error)[]): Promise<{ calls: number; errors: string[] }> {
  const stopping = new AbortController();
  const errors: string[] = [];
  const logger: Logger = { ...silentLogger, error: (message) => errors.push(message) };
  let calls = 0;
  const execute = async () => {
    const answer = answers[calls++] ?? false;
    if (calls === answers.length) stopping.abort();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  await expireNowAndThen({ expireSnippets: { execute }, logger, signal: stopping.signal, everyMs: 1 });
  return { calls, errors };
}

describe("expireNowAndThen", () => {
  it("goes on while there is more, then waits and looks again, until the server stops", async () => {
    assert.deepEqual(await run(true, true, false, false, true), { calls: 5, errors: [] });
  });

  it("does not mind a store that is away, and tells of anything else", async () => {
    assert.deepEqual(await run(unavailable("the store is away"), false), { calls: 2, errors: [] });
    assert.deepEqual(await run(new Error("no such thing"), false), { calls: 2, errors: ["expired snippets can't be removed"] });
  });

  it("asks nothing of a store that is about to close", async () => {
    const execute = async () => assert.fail("it was asked");
    const signal = AbortSignal.abort();
    await expireNowAndThen({ expireSnippets: { execute }, logger: silentLogger, signal });
  });
});
