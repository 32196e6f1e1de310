import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function filesBelow(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

describe("the generated code", () => {
  it("is what the protos say", () => {
    const fresh = mkdtempSync(join(tmpdir(), "gorunner-generated-"));
    try {
      execFileSync(process.execPath, [join(root, "scripts/generate.mjs"), "--out", join(fresh, "gen")]);
      assert.deepEqual(filesBelow(join(root, "src/gen")), filesBelow(join(fresh, "gen")));
    } finally {
      rmSync(fresh, { recursive: true });
    }
  });
});
