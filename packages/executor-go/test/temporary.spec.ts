import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { clearForgotten, makeTemporary } from "../src/toolchain/temporary.js";

describe("Directories in which the toolchain works", () => {
  it("are removed when they have been forgotten for more than a day, and nothing else is", async () => {
    const place = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    const [old, young] = [await makeTemporary(place), await makeTemporary(place)];
    const others = join(place, "others");
    await mkdir(others);
    await writeFile(join(old, "file"), "");
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const path of [old, others]) await utimes(path, longAgo, longAgo);
    await clearForgotten([place, join(place, "nowhere")]);
    assert.deepEqual((await readdir(place)).sort(), [basename(young), "others"].sort());
    await rm(place, { recursive: true });
  });
});
