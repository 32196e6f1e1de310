import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clearForgotten } from "../src/toolchain/forgotten.js";

describe("clearForgotten", () => {
  it("removes what the toolchain's commands have left more than a day ago, and nothing else", async () => {
    const place = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const name of ["gorunner-go-aB3dE6", "linker-build-aB3dE6", "vet-aB3dE6", "builds", "supervisor-0123456789abcdef"]) {
      await mkdir(join(place, name));
      await writeFile(join(place, name, "file"), "");
      await utimes(join(place, name), old, old);
    }
    await mkdir(join(place, "gorunner-go-Young1"));
    await clearForgotten([place, join(place, "nowhere")]);
    assert.deepEqual((await readdir(place)).sort(), ["builds", "gorunner-go-Young1", "supervisor-0123456789abcdef"]);
    await rm(place, { recursive: true });
  });
});
