import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../support/gorunner.js";
import { systemCallsPage } from "../system-calls/page.js";

/** Without how wide a table's columns are. */
const content = (page: string) => page.replaceAll("\\", "").replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---").trim();

describe("docs/system-calls.md", () => {
  it("says what the filters allow", async () => {
    const shown = await readFile(join(repository, "docs/system-calls.md"), "utf8");
    assert.equal(content(shown), content(systemCallsPage()), "npm run docs:system-calls makes it anew");
  });
});
