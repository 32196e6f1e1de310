import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPlace } from "../src/pool/place.js";
import { Identities } from "../src/sandbox/identity.js";

describe("A sandbox's place", () => {
  const identities = new Identities();
  after(() => identities.close());

  /** The user that is next; a server that is not root has none of its own. */
  async function nextUid(): Promise<number | undefined> {
    const { uid, release } = await identities.take();
    await release();
    return uid;
  }

  it("gives its user back, whatever becomes of its directory", async () => {
    const workDir = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    const uid = await nextUid();
    await assert.rejects(openPlace({ identities, workDir: join(workDir, "nowhere") }), { code: "ENOENT" });
    assert.equal(await nextUid(), uid);

    const place = await openPlace({ identities, workDir });
    assert.equal(place.uid, uid);
    await writeFile(join(place.directory, "prog"), "");
    await place.clear();
    assert.deepEqual([await readdir(workDir), await nextUid()], [[], uid]);

    const removed = await openPlace({ identities, workDir });
    await rm(workDir, { recursive: true });
    await removed.clear();
    assert.equal(await nextUid(), uid);
  });
});
