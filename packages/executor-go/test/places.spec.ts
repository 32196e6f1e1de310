/** What can't be built is told by the file that is to blame, under the name that was sent. */
import assert from "node:assert/strict";
import { aRequest, program, sourceFiles } from "@gorunner/core/contract";
import type { GoExecutor } from "../src/index.js";
import { closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

const test = (clause: string) => `package ${clause}\n\nimport "testing"\n\nfunc TestA(t *testing.T) {}\n`;

const cases: Record<string, [texts: Record<string, string>, place: string, message: RegExp]> = {
  "import C": [{ "x.go": 'package main\n\nimport "C"\n\nfunc main() {}\n' }, "x.go:3:8", /^import "C" is not supported/],
  "import C in a folder": [
    { "x.go": program(["play/a"], "a.F()"), "a/c.go": 'package a\n\nimport "C"\n\nfunc F() {}\n' },
    "a/c.go:3:8",
    /^import "C" is not supported/,
  ],
  "another package than main": [{ "x.go": "package x\n" }, "x.go:1:9", /^a program has to be of package main$/],
  "two packages in one folder": [{ "a.go": program([]), "b.go": "package foo\n" }, "b.go:1:9", /^package foo; expected package main$/],
  "two packages in one folder with tests": [
    { "a.go": test("main"), "b.go": "package foo\n" },
    "b.go:1:9",
    /^package foo; expected package main$/,
  ],
  "a replacement by a folder of the program": [
    {
      "prog.go": program(["example.com/y"], "y.F()"),
      "go.mod": "module x\n\ngo 1.24\n\nrequire example.com/y v0.0.0\n\nreplace example.com/y => ./y\n",
      "y/y.go": "package y\n\nfunc F() {}\n",
    },
    "go.mod:7:",
    /one module: import that folder as x\/y$/,
  ],
};

describe("Where a program is wrong", function () {
  this.timeout(120_000);
  let executor: GoExecutor;
  before(async () => {
    executor = await sharedExecutor();
  });
  after(closeSharedExecutor);

  for (const [what, [texts, place, message]] of Object.entries(cases)) {
    it(`is told of ${what}`, async () => {
      const { outcome, diagnostics } = await executor.execute(aRequest("", { files: sourceFiles(texts) }));
      const [only, ...others] = diagnostics;
      assert.deepEqual(
        [outcome, `${only?.file}:${only?.line}:${only?.column ?? ""}`, others],
        ["compile_error", place, []],
        JSON.stringify(diagnostics),
      );
      assert.match(only?.message ?? "", message);
    });
  }

  it("does not say where its files lay", async () => {
    const files = sourceFiles({ "go.mod": "module fmt\n", "prog.go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println() }\n' });
    const { stderr } = await executor.execute(aRequest("", { files }));
    assert.doesNotMatch(Buffer.from(stderr).toString("utf8"), /\/tmp/);
  });

  it("is told by vet also behind a line directive", async () => {
    const code = 'package main\n\nimport "fmt"\n\n//line other.go:50\nfunc main() { fmt.Printf("%d", "x") }\n';
    const { vet } = await executor.execute(aRequest(code, { vet: true }));
    assert.deepEqual(
      vet?.map(({ file, line, column }) => ({ file, line, column })),
      [{ file: "other.go", line: 50, column: undefined }],
    );
  });

  it("is nowhere, where a file that imports C is left out beside others", async () => {
    const files = sourceFiles({
      "prog.go": program(["play/a"], "a.F()"),
      "a/a.go": "package a\n\nfunc F() {}\n",
      "a/c.go": 'package a\n\nimport "C"\n',
    });
    assert.equal((await executor.execute(aRequest("", { files }))).outcome, "ok");
  });
});
