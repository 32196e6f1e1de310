import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tcpPagesTold } from "../src/sandbox/tcp-pages.js";

describe("What doctor says of TCP's pages", () => {
  for (const [setting, detail] of [
    ["0", /a page of 32 KiB.*; of 4 KiB with net\.core\.high_order_alloc_disable=1$/],
    ["1", /a page of 4 KiB, which no limit counts$/],
  ] as const) {
    it(`where high_order_alloc_disable is ${setting}`, async () => {
      const proc = await mkdtemp(join(tmpdir(), "gorunner-proc-"));
      await mkdir(join(proc, "sys/net/core"), { recursive: true });
      await writeFile(join(proc, "sys/net/core/high_order_alloc_disable"), `${setting}\n`);
      assert.match(await tcpPagesTold({ proc }), detail);
      await rm(proc, { recursive: true });
    });
  }
});
