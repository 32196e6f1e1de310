import assert from "node:assert/strict";
import { type CancelSignal, type CodeExecutor, cancellationOf, type RunnerError } from "@gorunner/core";
import { postHead, RawConnection } from "./support/raw-request.js";
import { hello, until, withServer } from "./support/test-server.js";

/** An executor that runs until it is cancelled, and tells with what. */
function untilCancelled(): { executor: CodeExecutor; started: CancelSignal[]; cancelledWith: RunnerError[] } {
  const started: CancelSignal[] = [];
  const cancelledWith: RunnerError[] = [];
  const executor: CodeExecutor = {
    execute: (_request, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        assert.ok(signal !== undefined);
        started.push(signal);
        const cancelled = () => {
          cancelledWith.push(cancellationOf(signal));
          reject(cancellationOf(signal));
        };
        if (signal.aborted) cancelled();
        else signal.addEventListener("abort", cancelled);
      }),
  };
  return { executor, started, cancelledWith };
}

describe("a client that hangs up", () => {
  for (const path of ["/run", "/share"]) {
    it(`cancels its ${path} at once; it is logged and measured as CANCELLED`, async () => {
      const { executor, started, cancelledWith } = untilCancelled();
      await withServer({ executor }, async ({ port, requests, lines }) => {
        const client = new RawConnection(port);
        client.write(postHead(path, hello.length) + hello);
        await until(() => started.length === 1);
        client.close();
        const since = performance.now();
        await until(() => requests.length === 1);
        assert.ok(performance.now() - since < 2500);
        assert.deepEqual(
          cancelledWith.map(({ code }) => code),
          ["CANCELLED"],
        );
        assert.equal(requests[0]?.code, "CANCELLED");
        assert.equal(lines.at(-1)?.["code"], "CANCELLED");
      });
    });
  }

  it("in the middle of its body never starts a run", async () => {
    const { executor, started } = untilCancelled();
    await withServer({ executor }, async ({ port, requests }) => {
      for (const headers of ["", "Content-Encoding: gzip\r\n"]) {
        const client = new RawConnection(port);
        client.write(`${postHead("/run", 100, headers)}{`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        client.close();
        await client.ended;
      }
      await until(() => requests.length === 2);
      assert.deepEqual(
        requests.map(({ code }) => code),
        ["CANCELLED", "CANCELLED"],
      );
      assert.equal(started.length, 0);
    });
  });

  it("does not cancel the run of another", async () => {
    const { executor, started, cancelledWith } = untilCancelled();
    await withServer({ executor }, async ({ port, requests }) => {
      const [first, second] = [new RawConnection(port), new RawConnection(port)];
      for (const client of [first, second]) client.write(postHead("/run", hello.length) + hello);
      await until(() => started.length === 2);
      first.close();
      await until(() => requests.length === 1);
      assert.equal(cancelledWith.length, 1);
      second.close();
      await until(() => requests.length === 2);
    });
  });
});

describe("a Grpc-Timeout header", () => {
  for (const timeout of ["20m", "20000u", "0S"]) {
    it(`of ${timeout} is a deadline: the run is cancelled, the answer DEADLINE_EXCEEDED`, async () => {
      const { executor, cancelledWith } = untilCancelled();
      await withServer({ executor }, async ({ post, requests }) => {
        const response = await post("/run", hello, { "Grpc-Timeout": timeout });
        assert.equal(response.status, 504);
        assert.deepEqual(await response.json(), { code: 4, message: "the client's deadline has passed", details: [] });
        assert.ok(cancelledWith.every(({ code }) => code === "DEADLINE_EXCEEDED"));
        assert.equal(requests[0]?.code, "DEADLINE_EXCEEDED");
      });
    });
  }

  it("is kept also where the use case can't be cancelled", async () => {
    const admins = { isAdmin: () => new Promise<boolean>(() => {}) };
    await withServer({ admins }, async ({ fetch }) => {
      assert.equal((await fetch("/shared/1?user_id=1", { method: "DELETE", headers: { "Grpc-Timeout": "20m" } })).status, 504);
    });
  });

  it("counts while the body is on its way", () =>
    withServer({}, async ({ port }) => {
      const client = new RawConnection(port);
      client.write(`${postHead("/run", 100, "Grpc-Timeout: 20m\r\n")}{`);
      await until(() => client.received.includes("\r\n\r\n{"));
      assert.match(client.received, /^HTTP\/1.1 504 /);
      client.close();
    }));

  for (const timeout of ["5S", "99999999H", "00000001H", ""]) {
    it(`of "${timeout}" leaves time enough`, () =>
      withServer({}, async ({ post }) => {
        assert.equal((await post("/run", hello, { "Grpc-Timeout": timeout })).status, 200);
      }));
  }

  for (const timeout of ["5", "S", "5s", "-1S", "1.5S", "123456789S", "5 S", "1S, 2S"]) {
    it(`of "${timeout}" is INVALID_ARGUMENT`, () =>
      withServer({}, async ({ post }) => {
        const response = await post("/run", hello, { "Grpc-Timeout": timeout });
        assert.equal(response.status, 400);
        assert.equal(((await response.json()) as { code: number }).code, 3);
      }));
  }
});
