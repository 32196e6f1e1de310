import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ControlServer, newKey } from "../src/sandbox/control-server.js";
import { Spawned } from "../src/sandbox/spawned.js";
import { notTold, SpawnerHelper } from "../src/sandbox/spawner-helper.js";

/** A helper that starts nothing, and what becomes of it. */
function aHelper(supervisor = "/nowhere/supervisor") {
  const died = Promise.withResolvers<string>();
  const helper = new SpawnerHelper({ supervisor, address: "none", memory: undefined, onTold: () => {}, onDied: died.resolve });
  return { helper, died: died.promise };
}

function aSpawned() {
  const settled = Promise.withResolvers<void>();
  const spawned = new Spawned({ key: newKey(), helper: aHelper().helper, onSettled: settled.resolve, removeGroups: async () => {} });
  return { spawned, settled: settled.promise };
}

describe("What is to be heard of a spawned process", () => {
  it("settles when it has ended and its connection was lost", async () => {
    const { spawned, settled } = aSpawned();
    spawned.ended({ code: 1, said: "no control socket" });
    assert.equal(await spawned.control, undefined);
    assert.equal(await spawned.firstPid, undefined);
    assert.equal((await spawned.exited).code, 1);
    await settled;
  });

  it("settles at once when it was not started", async () => {
    const { spawned, settled } = aSpawned();
    spawned.ended({ code: notTold, said: "too many open files" });
    assert.deepEqual([await spawned.control, await spawned.firstPid], [undefined, undefined]);
    await settled;
  });

  it("gives up a program that is not installed in time, and kills the helper that does not answer", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    const script = join(directory, "sleeper");
    await writeFile(script, "#!/bin/sh\nexec sleep 1000\n", { mode: 0o755 });
    const { helper, died } = aHelper(script);
    const spawned = new Spawned({
      ...{ key: newKey(), helper, memoryName: "app-0", patience: { installMs: 50, killedMs: 50 } },
      ...{ onSettled: () => {}, removeGroups: async () => {} },
    });
    helper.hold();
    const refused = spawned.install({ path: "/nowhere", offset: 0, bytes: 1 });
    await assert.rejects(refused, ({ code, cause }) => code === "UNAVAILABLE" && /did not answer in time/.test(String(cause)));
    assert.equal(await spawned.control, undefined);
    assert.match(await died, /has died/);
    helper.letGo();
    await rm(directory, { recursive: true });
  });

  it("closes a connection that comes when its start was given up", async () => {
    const { spawned } = aSpawned();
    const server = createServer((socket) => spawned.connected(socket)).listen(0, "127.0.0.1");
    spawned.giveUp();
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    assert.equal(await text(connect(address.port, "127.0.0.1")), "");
    assert.equal(await spawned.control, undefined);
    spawned.ended({ code: 0, signal: 9, said: "" });
    server.close();
  });
});

describe("A spawner's helper", () => {
  it("that can't be started is told as one that has died, with why", async () => {
    const { helper, died } = aHelper();
    assert.match(await died, /ENOENT/);
    assert.equal(helper.isAlive, false);
    await helper.close();
  });
});

describe("The server of control sockets", () => {
  it("hands on only the connection that names a key it waits for", async () => {
    const server = await ControlServer.open();
    const key = newKey();
    const { promise, resolve } = Promise.withResolvers<Socket>();
    server.expect(key, resolve);
    const forgotten = newKey();
    server.expect(forgotten, () => assert.fail("it was forgotten"));
    server.forget(forgotten);
    const late = connect({ path: `\0${server.address}` });
    late.write(forgotten);
    assert.equal(await text(late), "");
    const right = connect({ path: `\0${server.address}` });
    right.write(`${key}rest`);
    const socket = await promise;
    right.end();
    assert.equal(await text(socket), "rest");
    server.close();
  });
});
