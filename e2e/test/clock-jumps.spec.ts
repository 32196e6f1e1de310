/** The real server, whose wall clock jumps by an hour either way under its calls. The host's clock stays as it is. */
import assert from "node:assert/strict";
import { clientsOf, restClient } from "../support/clients.js";
import { Gorunner } from "../support/gorunner.js";
import { eventually } from "../support/host.js";
import { hello, sleeps } from "../support/programs.js";

/** Put before the server's own code: each SIGUSR2 sets its Date an hour ahead, then back by two, then right again, and says so. */
const jumping = `data:text/javascript,${encodeURIComponent(`
  const Real = Date;
  const offsets = [3_600_000, -3_600_000, 0];
  let offset = 0;
  let jumps = 0;
  globalThis.Date = class Date extends Real {
    constructor(...given) {
      if (given.length === 0) super(Real.now() + offset);
      else super(...given);
    }
    static now() { return Real.now() + offset; }
  };
  process.on("SIGUSR2", () => {
    offset = offsets[jumps++ % offsets.length];
    console.log("the clock jumped " + jumps);
  });
`)}`;

const endless = "package main\n\nfunc main() {\n\tfor {\n\t}\n}\n";

describe("a server whose wall clock jumps by an hour and comes back", function () {
  // Some twenty programs are built and run; on an idle machine that takes fifteen seconds.
  this.timeout(150_000);

  it("loses no snippet and no place, keeps deleted ones deleted, and ends what takes too long in time", async () => {
    const server = await Gorunner.start({
      config: { db_uri: "sqlite:runner.db", executor: { run_timeout: "2s" } },
      env: { NODE_OPTIONS: `--import=${jumping}` },
    });
    const clients = clientsOf(server);
    const client = restClient(server.rest);
    try {
      const kept: bigint[] = [];
      const deleted: bigint[] = [];
      for (let jump = 1; jump <= 3; jump++) {
        const sleeping = client.runCode(sleeps(500));
        const started = performance.now();
        const running = client.runCode(endless);
        server.kill("SIGUSR2");
        await server.logged(`the clock jumped ${jump}`);
        assert.equal((await sleeping).output, "slept\n");
        assert.match((await running).error, /timed out after 2s/);
        assert.ok(performance.now() - started < 30_000, "three seconds are meant");
        for (const each of clients) {
          kept.push(await each.shareCode(hello));
          const gone = await each.shareCode(hello);
          await each.deleteCode(gone, 1n);
          deleted.push(gone);
        }
        for (const each of clients) {
          for (const id of kept) assert.equal((await each.getCode(id)).output, "Hello RunCode!\n");
          for (const id of deleted) await assert.rejects(each.getCode(id), { code: "NOT_FOUND" });
        }
        await eventually(async () => assert.equal((await fetch(`${server.rest}/readyz`)).status, 200));
      }
      assert.deepEqual(
        server.logs.filter(({ level }) => level === "error"),
        [],
      );
    } finally {
      for (const each of clients) each.close();
      assert.equal(await server.stop(), 0);
    }
  });
});
