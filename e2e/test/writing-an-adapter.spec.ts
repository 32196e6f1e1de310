import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const example = join(repository, "examples/jsonl-adapter");
const guide = readFileSync(join(repository, "docs/writing-an-adapter.md"), "utf8");

/** What stands between fences below a line that is a file's name. */
const shown = new Map([...guide.matchAll(/^\*\*(\S+)\*\*\n\n```\w+\n(.*?)^```$/gms)].map(([, path = "", text = ""]) => [path, text]));

/** What is made from the others is not shown. */
const made = /^(node_modules|dist)\b|^package-lock\.json$/;

describe("docs/writing-an-adapter.md", () => {
  it("shows every file of the example, and no other", () => {
    const files = readdirSync(example, { recursive: true })
      .map(String)
      .filter((path) => !made.test(path) && statSync(join(example, path)).isFile());
    assert.deepEqual([...shown.keys()].sort(), files.sort());
  });

  for (const [path, text] of shown) {
    it(`shows ${path} as it is`, () => assert.equal(text, readFileSync(join(example, path), "utf8")));
  }
});
