import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coreDumpsTold } from "../src/sandbox/core-dumps.js";

describe("What doctor says of core dumps", () => {
  let proc = "";
  beforeEach(async () => {
    proc = await mkdtemp(join(tmpdir(), "gorunner-proc-"));
    await mkdir(join(proc, "sys/kernel"), { recursive: true });
  });
  afterEach(() => rm(proc, { recursive: true }));

  const cases: [pattern: string, walls: boolean, holds: boolean, detail: RegExp][] = [
    ["core", true, true, /names a file; no program in a sandbox can be dumped/],
    [
      "|/usr/lib/systemd/systemd-coredump %P %u",
      true,
      true,
      /starts \/usr\/lib\/systemd\/systemd-coredump as root .*limit of core dumps is 1 byte/,
    ],
    ["|/usr/share/apport/apport -p%p", false, true, /starts \/usr\/share\/apport\/apport/],
    ["@/run/coredump.socket", true, true, /the socket \/run\/coredump.socket; no program in a sandbox can be dumped/],
    ["@@/run/coredump.socket", false, false, /the socket \/run\/coredump.socket/],
  ];
  for (const [pattern, walls, holds, detail] of cases) {
    it(`for ${pattern} ${walls ? "with" : "without"} walls`, async () => {
      await writeFile(join(proc, "sys/kernel/core_pattern"), `${pattern}\n`);
      const told = await coreDumpsTold(walls, { proc });
      assert.equal(told.holds, holds);
      assert.match(told.detail, detail);
    });
  }
});
