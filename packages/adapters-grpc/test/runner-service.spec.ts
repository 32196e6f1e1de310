import assert from "node:assert/strict";
import { encodeUtf8, maxCodeBytes, maxInt64 } from "@gorunner/core";
import { InMemorySnippetRepo } from "@gorunner/core/contract";
import { anExecution, executorOf } from "./support/ports.js";
import { callsOf, withService } from "./support/service.js";

const code = "package main\n\nfunc main() {}\n";

describe("runner.Runner", () => {
  it("RunCode answers the code and what the program wrote", () =>
    withService({}, async ({ client }) => {
      assert.deepEqual(await callsOf(client).runCode({ code }), { code, output: "Hello RunCode!\n", error: "" });
    }));

  it("the executor is told the client's address, the same for all its connections", async () => {
    const callers: (string | undefined)[] = [];
    const executor = executorOf(({ caller }) => {
      callers.push(caller);
      return anExecution({});
    });
    for (const call of ["runCode", "shareCode"] as const) {
      await withService({ executor }, async ({ client }) => void (await callsOf(client)[call]({ code })));
    }
    assert.deepEqual(callers, ["127.0.0.1", "127.0.0.1"]);
  });

  it("a program's own failure is an answer, not an error", () =>
    withService(
      { executor: executorOf(() => anExecution({ outcome: "exit_error", exitCode: 3, stdout: encodeUtf8("so far") })) },
      async ({ client }) => {
        assert.deepEqual(await callsOf(client).runCode({ code }), { code, output: "so far", error: "exit status 3" });
      },
    ));

  it("a shared snippet can be read until an admin deletes it", () =>
    withService({}, async ({ client }) => {
      const { id } = await callsOf(client).shareCode({ code });
      assert.deepEqual(await callsOf(client).getCodeById({ id }), { code, output: "Hello RunCode!\n", error: "" });
      assert.deepEqual(await callsOf(client).deleteCode({ id, userId: 1n }), { success: true });
      await assert.rejects(callsOf(client).getCodeById({ id }), /snippet 1 not found/);
    }));

  for (const id of [9007199254740993n, maxInt64]) {
    it(`the id ${id} survives the wire in both directions`, () =>
      withService({ snippets: new InMemorySnippetRepo({ firstId: id }) }, async ({ client }) => {
        assert.deepEqual(await callsOf(client).shareCode({ code }), { id });
        assert.equal((await callsOf(client).getCodeById({ id })).code, code);
        await assert.rejects(callsOf(client).deleteCode({ id, userId: id }), new RegExp(`user ${id} may not delete`));
        assert.deepEqual(await callsOf(client).deleteCode({ id, userId: 1n }), { success: true });
      }));
  }

  it("64 KiB of code works", () =>
    withService({}, async ({ client }) => {
      const largest = "/".repeat(maxCodeBytes);
      assert.equal((await callsOf(client).runCode({ code: largest })).code, largest);
    }));

  it("a byte order mark is kept", () =>
    withService({}, async ({ client }) => {
      assert.equal((await callsOf(client).runCode({ code: `\ufeff${code}` })).code, `\ufeff${code}`);
    }));
});
