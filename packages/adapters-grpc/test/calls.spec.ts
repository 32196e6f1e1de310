import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { connect } from "node:http2";
import { type CodeExecutor, RunnerError } from "@gorunner/core";
import { Metadata, status } from "@grpc/grpc-js";
import { CodeRequest } from "../src/gen/runner/runner.js";
import { anExecution, executorOf, HangingExecutor } from "./support/ports.js";
import { answered, callsOf, eventually, failureOf, type Service, withService } from "./support/service.js";

const code = "package main\n\nfunc main() {}\n// secret source\n";

/** Asks RunCode with an id and answers the id that came back, in the headers of a success or the trailers of a failure. */
function idAnswered({ client }: Service, id: string | undefined, source = code): Promise<unknown> {
  const metadata = new Metadata();
  if (id !== undefined) metadata.set("x-request-id", id);
  return new Promise((resolve) => {
    const call = client.runCode({ code: source }, metadata, (failure) => {
      if (failure !== null) resolve(failure.metadata.get("x-request-id")[0]);
    });
    call.on("metadata", (headers: Metadata) => {
      const [answered] = headers.get("x-request-id");
      if (answered !== undefined) resolve(answered);
    });
  });
}

describe("a gRPC call", () => {
  describe("its id", () => {
    it("is the client's own where that is sane", () =>
      withService({}, async (service) => {
        for (const id of ["a", "Req-1_2.3", "x".repeat(64)]) assert.equal(await idAnswered(service, id), id);
      }));

    it("is a fresh one where the client's is none", () =>
      withService({}, async (service) => {
        const seen = new Set<unknown>();
        for (const id of [undefined, "", "x".repeat(65), "a b", "a/b", "{}"]) {
          const answered = await idAnswered(service, id);
          assert.match(String(answered), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
          seen.add(answered);
        }
        assert.equal(seen.size, 6);
      }));

    it("comes with a failure too", () =>
      withService({}, async (service) => {
        assert.equal(await idAnswered(service, "mine", ""), "mine");
      }));

    it("is the scope in which the work runs, also after a wait", async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen: (string | undefined)[] = [];
      const executor = executorOf(async () => {
        await new Promise(setImmediate);
        seen.push(storage.getStore());
        return anExecution();
      });
      await withService({ executor, scope: { run: (id, work) => storage.run(id, work) } }, async (service) => {
        await Promise.all(["one", "two", "three"].map((id) => idAnswered(service, id)));
      });
      assert.deepEqual(seen.sort(), ["one", "three", "two"]);
    });
  });

  it("is logged in one line and measured once, without code or output", () =>
    withService({}, async ({ client, logger, metrics }) => {
      await callsOf(client).runCode({ code });
      await failureOf(callsOf(client).getCodeById({ id: 9n }));
      await eventually(() => metrics.requests.length === 2);
      const told = [
        { transport: "grpc", method: "RunCode", code: "OK" },
        { transport: "grpc", method: "GetCodeByID", code: "NOT_FOUND" },
      ];
      assert.deepEqual(
        metrics.requests.map(({ durationMs, ...rest }) => rest),
        told,
      );
      assert.ok(metrics.requests.every(({ durationMs }) => durationMs >= 0));
      assert.deepEqual(
        logger.lines.map(({ level, fields: { durationMs, ...rest } }) => ({ level, ...rest })),
        told.map((line) => ({ level: "info", ...line })),
      );
      assert.doesNotMatch(JSON.stringify(logger.lines), /secret source|Hello/);
    }));

  it("that its client cancels aborts the run", async () => {
    const executor = new HangingExecutor();
    await withService({ executor }, async ({ client, metrics }) => {
      const ended = new Promise<number | undefined>((resolve) => {
        const call = client.runCode({ code }, (failure) => resolve(failure?.code));
        executor.started.then(() => call.cancel());
      });
      assert.equal(await ended, status.CANCELLED);
      assertAborted(await executor.aborted, "CANCELLED");
      await eventually(() => metrics.requests.length === 1);
      assert.equal(metrics.requests[0]?.code, "CANCELLED");
    });
  });

  it("whose client goes away aborts the run", async () => {
    const executor = new HangingExecutor();
    await withService({ executor }, async ({ address, metrics }) => {
      const session = connect(`http://${address}`);
      const request = session.request({
        ":method": "POST",
        ":path": "/runner.Runner/ShareCode",
        "content-type": "application/grpc",
        te: "trailers",
      });
      request.on("error", () => {});
      const message = CodeRequest.encode({ code }).finish();
      request.end(Buffer.from([0, 0, 0, 0, message.length, ...message]));
      await executor.started;
      session.destroy();
      assertAborted(await executor.aborted, "CANCELLED");
      await eventually(() => metrics.requests.length === 1);
      assert.deepEqual(
        metrics.requests.map(({ method, code: measured }) => [method, measured]),
        [["ShareCode", "CANCELLED"]],
      );
    });
  });

  it("whose deadline passes aborts the run with DEADLINE_EXCEEDED", async () => {
    const executor = new HangingExecutor();
    await withService({ executor }, async ({ client, metrics }) => {
      const failure = await failureOf(answered((end) => client.runCode({ code }, new Metadata(), { deadline: Date.now() + 1000 }, end)));
      assert.equal(status[failure.code], "DEADLINE_EXCEEDED");
      assertAborted(await executor.aborted, "DEADLINE_EXCEEDED");
      await eventually(() => metrics.requests.length === 1);
      assert.equal(metrics.requests[0]?.code, "DEADLINE_EXCEEDED");
    });
  });

  it("that is cancelled is measured as such even where the work ends well", async () => {
    const started = Promise.withResolvers<void>();
    const executor: CodeExecutor = {
      execute: (_request, options) =>
        new Promise((resolve) => {
          options?.signal?.addEventListener("abort", () => resolve(anExecution()));
          started.resolve();
        }),
    };
    await withService({ executor }, async ({ client, metrics }) => {
      const call = client.runCode({ code }, () => {});
      await started.promise;
      call.cancel();
      await eventually(() => metrics.requests.length === 1);
      assert.equal(metrics.requests[0]?.code, "CANCELLED");
    });
  });
});

function assertAborted(reason: unknown, code: string): void {
  assert.ok(reason instanceof RunnerError);
  assert.equal(reason.code, code);
}
