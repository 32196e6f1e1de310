import assert from "node:assert/strict";
import {
  checkSnippetKey,
  createRunner,
  decodeUtf8,
  type ExecuteOptions,
  type ExecutionRequest,
  encodeUtf8,
  RunnerError,
  type TimeLimit,
  unavailable,
} from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { runnerError } from "./expectations.js";
import { anExecution, fakePorts } from "./ports.js";

const code = "package main\n\nfunc main() {}\n";

describe("RunCode", () => {
  it("asks for one file, the real clock, no input, in the caller's name", async () => {
    const requests: ExecutionRequest[] = [];
    const { ports } = fakePorts(async (request) => {
      requests.push(request);
      return anExecution({});
    });
    await createRunner(ports).runCode.execute({ code: "package main // 🦫", caller: "user 7" });
    await createRunner(ports).runCode.execute({ code });
    assert.deepEqual(requests, [
      { files: [{ path: "prog.go", content: encodeUtf8("package main // 🦫") }], mode: "run", clock: "real", caller: "user 7" },
      { files: [{ path: "prog.go", content: encodeUtf8(code) }], mode: "run", clock: "real" },
    ]);
  });

  it("asks for each file of a text that has several", async () => {
    const requests: ExecutionRequest[] = [];
    const { ports } = fakePorts(async (request) => {
      requests.push(request);
      return anExecution({});
    });
    await createRunner(ports).runCode.execute({ code: `${code}-- a/b.go --\npackage a` });
    assert.deepEqual(requests[0]?.files, [
      { path: "prog.go", content: encodeUtf8(code) },
      { path: "a/b.go", content: encodeUtf8("package a\n") },
    ]);
  });

  it("refuses a bad file name before anything is asked", async () => {
    const { ports, journal } = fakePorts();
    const bad = createRunner(ports).runCode.execute({ code: `${code}-- ../b.go --\npackage b\n` });
    await assert.rejects(bad, runnerError("INVALID_ARGUMENT", /"\.\.\/b\.go"/));
    assert.deepEqual(journal, []);
  });

  it("answers what the program said, in words and in full, and measures it", async () => {
    const execution = anExecution({ outcome: "exit_error", exitCode: 2, stdout: encodeUtf8("out"), stderr: encodeUtf8("err") });
    const { ports, journal } = fakePorts(async () => execution);
    const run = await createRunner(ports).runCode.execute({ code });
    assert.deepEqual(run, { output: "out", error: "err\nexit status 2", execution });
    assert.deepEqual(journal, ["executor.execute", "measured exit_error"]);
  });

  it("hands signal and listener to the executor", async () => {
    let given: ExecuteOptions | undefined;
    const { ports } = fakePorts(async (_request, options) => {
      given = options;
      return anExecution({});
    });
    const options = { signal: new AbortController().signal, onEvent() {} };
    await createRunner(ports).runCode.execute({ code }, options);
    assert.equal(given?.signal, options.signal);
    assert.equal(given?.onEvent, options.onEvent);
  });

  it("refuses bad code before anything is asked", async () => {
    const { ports, journal } = fakePorts();
    for (const bad of ["", "\0", "\ud800", "x".repeat(65_537)]) {
      await assert.rejects(createRunner(ports).runCode.execute({ code: bad }), runnerError("INVALID_ARGUMENT"));
    }
    assert.deepEqual(journal, []);
  });

  it("passes the executor's errors on, unmeasured", async () => {
    const { ports, journal } = fakePorts(() => Promise.reject(unavailable("no sandbox")));
    await assert.rejects(createRunner(ports).runCode.execute({ code }), runnerError("UNAVAILABLE", /no sandbox/));
    assert.deepEqual(journal, ["executor.execute"]);
  });
});

describe("ShareCode", () => {
  it("executes once and stores code, output and error", async () => {
    const { ports, journal } = fakePorts(async () => anExecution({ stdout: encodeUtf8("out\n"), stderr: encodeUtf8("err\n") }));
    const shared = await createRunner(ports).shareCode.execute({ code });
    const { key, createdAt, ...rest } = shared;
    assert.deepEqual(rest, { id: 1n, code, output: "out\n", error: "err\n", toolchain: "go1.26.8", sizeBytes: 29 });
    checkSnippetKey(key);
    assert.deepEqual(await ports.snippets.findByKey(key), shared);
    assert.deepEqual(
      journal.filter((call) => call !== "snippets.storedBytes"),
      ["executor.execute", "measured ok", "snippets.save", "cache.fill", "snippets.findByKey"],
    );
  });

  it("asks in the caller's name for each file of the text, and stores the text as it came", async () => {
    const requests: ExecutionRequest[] = [];
    const { ports } = fakePorts(async (request) => {
      requests.push(request);
      return anExecution({});
    });
    const text = "\n-- main.go --\r\npackage main\r\n-- a.txt --\nno newline at the end";
    const shared = await createRunner(ports).shareCode.execute({ code: text, caller: "10.0.0.1" });
    assert.equal(shared.code, text);
    assert.deepEqual([requests[0]?.caller, requests[0]?.files.map(({ path }) => path)], ["10.0.0.1", ["main.go", "a.txt"]]);
  });

  it("stores code that does not build", async () => {
    const { ports } = fakePorts(async () => anExecution({ outcome: "compile_error", stderr: encodeUtf8("prog.go:1:1: no\n") }));
    const runner = createRunner(ports);
    const { id } = await runner.shareCode.execute({ code: "broken" });
    assert.equal((await runner.getSnippet.execute({ id })).error, "prog.go:1:1: no\n");
  });

  it("stores NUL and invalid UTF-8 as U+FFFD", async () => {
    const bytes = Uint8Array.of(0x61, 0, 0x62, 0xff, 0x63);
    const { ports } = fakePorts(async () => anExecution({ stdout: bytes, stderr: bytes }));
    const { output, error } = await createRunner(ports).shareCode.execute({ code });
    assert.deepEqual([output, error], ["a\ufffdb\ufffdc", "a\ufffdb\ufffdc"]);
  });

  it("stores nothing when it was cancelled, also when the execution ended all the same", async () => {
    for (const [reason, expected] of [
      [undefined, "CANCELLED"],
      [new RunnerError("DEADLINE_EXCEEDED", "too late"), "DEADLINE_EXCEEDED"],
    ] as const) {
      const cancel = new AbortController();
      const { ports, journal } = fakePorts(async () => {
        cancel.abort(reason);
        return anExecution({});
      });
      await assert.rejects(createRunner(ports).shareCode.execute({ code }, { signal: cancel.signal }), runnerError(expected));
      assert.ok(!journal.includes("snippets.save"));
    }
  });

  it("refuses bad code before anything is asked", async () => {
    const { ports, journal } = fakePorts();
    await assert.rejects(createRunner(ports).shareCode.execute({ code: "" }), runnerError("INVALID_ARGUMENT"));
    assert.deepEqual(journal, []);
  });
});

describe("GetSnippet", () => {
  it("fills the cache on a miss, for 20 minutes, and asks the store no more", async () => {
    const { ports, cache, journal } = fakePorts();
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    journal.length = 0;
    const first = await runner.getSnippet.execute({ id });
    assert.deepEqual(await runner.getSnippet.execute({ id }), first);
    assert.deepEqual(journal, ["cache.get", "snippets.findById", "cache.fill", "cache.get"]);
    assert.deepEqual(cache.ttlsMs, [20 * 60 * 1000]);
  });

  it("an unknown id is NOT_FOUND, and is asked for once a second at most, until it exists", async () => {
    const { ports, cache, journal } = fakePorts();
    const runner = createRunner(ports);
    for (let round = 0; round < 2; round++)
      await assert.rejects(runner.getSnippet.execute({ id: 1n }), runnerError("NOT_FOUND", /^snippet 1 not found$/));
    assert.deepEqual(journal, ["cache.get", "snippets.findById", "cache.fillAbsent", "cache.get"]);
    assert.deepEqual(cache.ttlsMs, [1000]);
    assert.equal((await runner.shareCode.execute({ code })).id, 1n);
    assert.equal((await runner.getSnippet.execute({ id: 1n })).code, code);
  });

  it("does not wait for the cache to keep what the store said, be it nothing; closing does", async () => {
    const { ports, journal } = fakePorts();
    const kept = Promise.withResolvers<void>();
    Object.assign(ports.cache, { fill: () => kept.promise, fillAbsent: () => kept.promise, close: () => journal.push("closed") });
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    assert.equal((await runner.getSnippet.execute({ id })).code, code);
    await assert.rejects(runner.getSnippet.execute({ id: id + 1n }), runnerError("NOT_FOUND"));
    const closing = runner.close();
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(!journal.includes("closed"));
    kept.resolve();
    await closing;
    assert.ok(journal.includes("closed"));
  });

  it("leaves to later reads what a cache that does not come after can't keep", async () => {
    const { ports } = fakePorts();
    const kept = Promise.withResolvers<void>();
    let fills = 0;
    Object.assign(ports.cache, { fill: () => kept.promise.then(() => fills++) });
    const runner = createRunner(ports);
    const saved = await Promise.all(Array.from({ length: 200 }, () => ports.snippets.save(aSnippet({ code }))));
    await Promise.all(saved.map(({ id }) => runner.getSnippet.execute({ id })));
    kept.resolve();
    await runner.getSnippet.close();
    assert.equal(fills, 64);
    await runner.getSnippet.execute({ id: saved[199]?.id ?? 0n });
    await runner.getSnippet.close();
    assert.equal(fills, 65);
  });

  it("answers before a cache that rejects, against its contract; closing tells so", async () => {
    const { ports } = fakePorts();
    Object.assign(ports.cache, { fill: () => Promise.reject(new Error("this cache rejects")) });
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    assert.equal((await runner.getSnippet.execute({ id })).code, code);
    await assert.rejects(runner.close(), /this cache rejects/);
  });

  for (const [name, fill] of [
    [
      "throws",
      () => {
        throw new Error("this cache rejects");
      },
    ],
    ["answers no promise", () => undefined],
  ] satisfies [string, () => unknown][]) {
    it(`answers before a cache that ${name}, against its contract, for hits and for what is not there`, async () => {
      const { ports } = fakePorts();
      Object.assign(ports.cache, { fill, fillAbsent: fill });
      const runner = createRunner(ports);
      const { id } = await ports.snippets.save(aSnippet({ code }));
      assert.equal((await runner.getSnippet.execute({ id })).code, code);
      await assert.rejects(runner.getSnippet.execute({ id: id + 1n }), runnerError("NOT_FOUND"));
      if (name === "throws") await assert.rejects(runner.close(), /this cache rejects/);
      else await runner.close();
    });
  }

  it("is closed when its time is over before a cache that never ends what it was given, and the rest is closed, too", async () => {
    const { ports, journal } = fakePorts();
    Object.assign(ports.cache, { fill: () => new Promise(() => {}), close: () => journal.push("closed") });
    let hold: TimeLimit["hold"] = (work) => work(() => false);
    const runner = createRunner({ ...ports, timeLimit: { hold: (work) => hold(work) } });
    const { id } = await ports.snippets.save(aSnippet({ code }));
    assert.equal((await runner.getSnippet.execute({ id })).code, code);
    hold = async (work) => Promise.race([work(() => true), Promise.reject(new Error("the time is over"))]);
    await assert.rejects(runner.close(), runnerError("UNAVAILABLE", /^the cache has not kept in time what was read for it$/));
    assert.ok(journal.includes("closed"));
  });

  it("refuses what is no id before anything is asked", async () => {
    const { ports, journal } = fakePorts();
    await assert.rejects(createRunner(ports).getSnippet.execute({ id: 0n }), runnerError("INVALID_ARGUMENT"));
    assert.deepEqual(journal, []);
  });
});

describe("DeleteSnippet", () => {
  it("deletes, then empties the cache", async () => {
    const { ports, journal } = fakePorts();
    const runner = createRunner(ports);
    const { id } = await ports.snippets.save(aSnippet({ code }));
    await runner.getSnippet.execute({ id });
    journal.length = 0;
    await runner.deleteSnippet.execute({ id, user: 1n });
    assert.deepEqual(journal, ["admins.isAdmin", "snippets.delete", "cache.bury"]);
    await assert.rejects(runner.getSnippet.execute({ id }), runnerError("NOT_FOUND"));
  });

  it("tells a user who is no admin so before anybody looks whether the snippet exists", async () => {
    const { ports, journal } = fakePorts();
    await assert.rejects(createRunner(ports).deleteSnippet.execute({ id: 42n, user: 2n }), runnerError("PERMISSION_DENIED", /user 2/));
    assert.deepEqual(journal, ["admins.isAdmin"]);
  });

  it("an unknown id is NOT_FOUND, and is buried all the same", async () => {
    const { ports, journal } = fakePorts();
    await assert.rejects(createRunner(ports).deleteSnippet.execute({ id: 42n, user: 1n }), runnerError("NOT_FOUND"));
    assert.deepEqual(journal, ["admins.isAdmin", "snippets.delete", "cache.bury"]);
  });

  it("a call that is cancelled while the authority is asked deletes nothing", async () => {
    const { ports, journal } = fakePorts();
    const controller = new AbortController();
    ports.admins = {
      isAdmin: async () => {
        controller.abort();
        return true;
      },
    };
    const call = createRunner(ports).deleteSnippet.execute({ id: 1n, user: 1n }, { signal: controller.signal });
    await assert.rejects(call, runnerError("CANCELLED"));
    assert.deepEqual(journal, []);
  });

  it("deletes nothing when nobody can say who is an admin", async () => {
    const { ports, journal } = fakePorts();
    ports.admins = { isAdmin: () => Promise.reject(unavailable("the SSO service is down")) };
    await assert.rejects(createRunner(ports).deleteSnippet.execute({ id: 1n, user: 1n }), runnerError("UNAVAILABLE"));
    assert.deepEqual(journal, []);
  });

  it("refuses what is no id or no user before anything is asked", async () => {
    const { ports, journal } = fakePorts();
    for (const command of [
      { id: 0n, user: 1n },
      { id: 1n, user: -1n },
    ]) {
      await assert.rejects(createRunner(ports).deleteSnippet.execute(command), runnerError("INVALID_ARGUMENT"));
    }
    assert.deepEqual(journal, []);
  });
});

describe("ShareCode, of a caller that says more", () => {
  it("stores its end, and answers a repeated request by the first snippet", async () => {
    const { ports } = fakePorts();
    const { shareCode } = createRunner(ports);
    const expiresAt = new Date("2199-01-01T00:00:00.000Z");
    const first = await shareCode.execute({ code, idempotencyKey: "request-1", expiresAt });
    assert.deepEqual(first.expiresAt, expiresAt);
    assert.deepEqual(await shareCode.execute({ code, idempotencyKey: "request-1" }), first);
    const other = await shareCode.execute({ code });
    assert.notEqual(other.key, first.key);
  });

  it("executes nothing when it says what can't be", async () => {
    const { ports, journal } = fakePorts();
    for (const wrong of [{ idempotencyKey: "" }, { expiresAt: new Date(Number.NaN) }]) {
      await assert.rejects(createRunner(ports).shareCode.execute({ code, ...wrong }), runnerError("INVALID_ARGUMENT"));
    }
    assert.deepEqual(journal, []);
  });
});

describe("ListSnippets", () => {
  it("tells an admin, page by page", async () => {
    const { ports } = fakePorts();
    const { listSnippets } = createRunner(ports);
    for (let number = 0; number < 3; number++) await ports.snippets.save(aSnippet());
    const first = await listSnippets.execute({ user: 1n, limit: 2 });
    assert.deepEqual([first.snippets.map(({ id }) => id), typeof first.next], [[3n, 2n], "string"]);
    const second = await listSnippets.execute({ user: 1n, ...(first.next === undefined ? {} : { after: first.next }) });
    assert.deepEqual([second.snippets.map(({ id }) => id), second.next], [[1n], undefined]);
  });

  it("tells nobody else, and asks the store nothing then", async () => {
    const { ports, journal } = fakePorts();
    const { listSnippets } = createRunner(ports);
    await assert.rejects(listSnippets.execute({ user: 2n }), runnerError("PERMISSION_DENIED", /user 2/));
    assert.deepEqual(journal, ["admins.isAdmin"]);
    for (const wrong of [{ user: 0n }, { user: 1n, limit: 1001 }]) {
      await assert.rejects(listSnippets.execute(wrong), runnerError("INVALID_ARGUMENT"));
    }
    assert.deepEqual(journal, ["admins.isAdmin"]);
  });
});

describe("ExpireSnippets", () => {
  it("removes what has expired, from the cache too, and says whether there may be more", async () => {
    const { ports, journal } = fakePorts();
    const { expireSnippets } = createRunner(ports);
    for (let number = 0; number < 201; number++) await ports.snippets.save(aSnippet({ expiresAt: new Date(0) }));
    await ports.snippets.save(aSnippet());
    journal.length = 0;
    assert.equal(await expireSnippets.execute(), true);
    assert.equal(await expireSnippets.execute(), false);
    assert.equal(journal.filter((call) => call === "cache.bury").length, 201);
    assert.equal((await ports.snippets.deletionsSince("", 1000)).deletions.length, 201);
    assert.equal((await ports.snippets.list({ limit: 10 })).snippets.length, 1);
  });
});

describe("createRunner", () => {
  it("closes the executor first, then cache, store, admins, metrics, one after another", async () => {
    const { ports } = fakePorts();
    const closed: string[] = [];
    const closing = (name: string) => ({
      close: async () => {
        closed.push(`${name} closes`);
        await Promise.resolve();
        closed.push(`${name} closed`);
      },
    });
    for (const name of ["metrics", "admins", "snippets", "cache", "executor"] as const) Object.assign(ports[name], closing(name));
    await createRunner(ports).close();
    assert.deepEqual(
      closed,
      ["executor", "cache", "snippets", "admins", "metrics"].flatMap((name) => [`${name} closes`, `${name} closed`]),
    );
  });

  it("closes all even if some fail, then throws the first failure", async () => {
    const { ports } = fakePorts();
    const closed: string[] = [];
    Object.assign(ports.executor, { close: () => Promise.reject(new Error("first")) });
    Object.assign(ports.cache, { close: () => Promise.reject(new Error("second")) });
    Object.assign(ports.snippets, { close: () => closed.push("snippets") });
    await assert.rejects(createRunner(ports).close(), /first/);
    assert.deepEqual(closed, ["snippets"]);
  });

  it("has nothing to close where ports have nothing", async () => {
    await createRunner(fakePorts().ports).close();
  });

  it("what it stores it answers, byte for byte as text", async () => {
    const { ports } = fakePorts(async ({ files }) =>
      anExecution({ stdout: encodeUtf8(decodeUtf8(files[0]?.content ?? new Uint8Array())) }),
    );
    const runner = createRunner(ports);
    const { id } = await runner.shareCode.execute({ code: "ünïcödé 🦫 \u2028" });
    assert.equal((await runner.getSnippet.execute({ id })).output, "ünïcödé 🦫 \u2028");
  });
});
