import assert from "node:assert/strict";
import { RunnerError } from "@gorunner/core";
import { aRequest, hello } from "@gorunner/core/contract";
import type { GoExecutor } from "../src/index.js";
import { type Attack, compileAttacks } from "./compile-attacks.js";
import { closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

/** Enough for what ends by itself on a slow machine; the rest is there to be stopped. */
const buildTimeoutMs = 4_000;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

describe("An attack on the compilation", function () {
  this.timeout(60_000);
  let executor: GoExecutor;
  before(async function () {
    this.timeout(180_000);
    executor = await sharedExecutor();
    await executor.whenComplete();
  });
  after(closeSharedExecutor);

  for (const [what, attack] of Object.entries(compileAttacks)) {
    it(`by ${what} ends in an outcome of its own, and the next program runs`, async () => {
      const { outcome, said } = await outcomeOf(executor, attack);
      assert.ok(attack.ends.includes(outcome), `${outcome}: ${said}`);
      if (attack.says !== undefined) assert.match(said, attack.says);
      if (attack.hides !== undefined) assert.doesNotMatch(said, attack.hides);
      const next = await executor.execute(aRequest(hello));
      assert.equal(text(next.stdout), "Hello RunCode!\n");
    });
  }
});

async function outcomeOf(executor: GoExecutor, { files }: Attack): Promise<{ outcome: Attack["ends"][number]; said: string }> {
  try {
    const { outcome, stderr } = await executor.execute(aRequest("", { files, limits: { buildTimeoutMs } }));
    return { outcome, said: text(stderr) };
  } catch (error) {
    assert.ok(error instanceof RunnerError && error.code === "INVALID_ARGUMENT", String(error));
    return { outcome: "refused", said: error.message };
  }
}
