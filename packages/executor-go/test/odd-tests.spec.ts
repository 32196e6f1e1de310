/** Tests in places, and under names, where one does not expect them. */
import assert from "node:assert/strict";
import { aRequest, hello, sourceFiles } from "@gorunner/core/contract";
import type { GoExecutor } from "../src/index.js";
import { closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

const testOf = (clause: string, name = "TestA") => `${clause}\n\nimport "testing"\n\nfunc ${name}(t *testing.T) {}\n`;

describe("GoExecutor's tests", function () {
  this.timeout(120_000);
  let executor: GoExecutor;
  before(async () => {
    executor = await sharedExecutor();
  });
  after(closeSharedExecutor);

  const execute = (texts: Record<string, string>, mode: "run" | "test" = "run") =>
    executor.execute(aRequest("", { files: sourceFiles(texts), mode }));

  for (const [what, file, texts] of [
    ["the name of their file", "a_windows_test.go", { "a.go": "package a\n", "a_windows_test.go": testOf("package a") }],
    ["a constraint in it", "b.go", { "a.go": "package a\n", "b.go": testOf("//go:build ignore\n\npackage a") }],
    ["a constraint in the only file", "prog.go", { "prog.go": testOf("//go:build ignore\n\npackage main") }],
    ["the package of that name", "b.go", { "a.go": "package a\n", "b.go": testOf("package documentation") }],
  ] as const) {
    it(`that are left out by ${what} are told by their file`, async () => {
      for (const mode of ["run", "test"] as const) {
        const { outcome, diagnostics } = await execute(texts, mode);
        assert.deepEqual([outcome, diagnostics[0]?.file], ["compile_error", file]);
        assert.match(diagnostics[0]?.message ?? "", /^its tests are left out/);
      }
    });
  }

  it("are run beside others that are left out, and where main is", async () => {
    const texts = {
      "a_test.go": testOf("package main"),
      "b.go": "//go:build ignore\n\npackage main\n\nfunc main() {}\n",
      "c_windows.go": `${testOf("package main", "TestC")}\nfunc main() {}\n`,
    };
    const { tests, stderr } = await execute(texts);
    assert.deepEqual(
      tests?.map(({ name, status }) => `${name} ${status}`),
      ["TestA pass"],
      text(stderr),
    );
  });

  it("are no reason not to run a single file that a constraint would leave out", async () => {
    const { stdout } = await execute({ "prog.go": `//go:build ignore\n\n${hello}\n${"func TestA(int) {}"}\n` });
    assert.equal(text(stdout), "Hello RunCode!\n");
  });

  it("are told to be in a folder that no package can be in", async () => {
    for (const folder of ["a b", "a...", "a@b"]) {
      const { outcome, stderr } = await execute({ [`${folder}/x_test.go`]: testOf("package a"), "c/x_test.go": testOf("package c") });
      assert.notEqual(outcome, "ok");
      assert.match(text(stderr), new RegExp(`^${folder}/x_test\\.go:1:9: .*folder`, "m"));
      assert.doesNotMatch(text(stderr), / -o /);
    }
  });
});

describe("Tests in a file that another package imports", function () {
  this.timeout(120_000);
  let executor: GoExecutor;
  before(async () => {
    executor = await sharedExecutor();
  });
  after(closeSharedExecutor);

  const importer = 'package b\n\nimport (\n\t"testing"\n\n\t"play/a"\n)\n\nfunc TestB(t *testing.T) {\n\tt.Log(a.F())\n}\n';

  for (const [what, a] of Object.entries({
    "a directive above a test": 'import "testing"\n\nfunc F() int { return 1 }\n\n//go:noinline\nfunc TestA(t *testing.T) { F() }\n',
    "a dot import that one of both uses":
      'import (\n\t. "fmt"\n\t"testing"\n)\n\nfunc F() int { return 1 }\n\nfunc TestA(t *testing.T) { Println(F()) }\n',
    "a local name that is a package's too":
      'import (\n\t"os"\n\t"testing"\n)\n\nfunc F() string { return os.Getenv("X") }\n\nfunc TestA(t *testing.T) { os := struct{ X int }{1}; _ = os.X }\n',
    "a helper for the tests of others":
      'import "testing"\n\nfunc F() int { return 1 }\n\nfunc Helper(t *testing.T) { t.Helper() }\n\nfunc TestA(t *testing.T) { Helper(t) }\n',
  })) {
    it(`may hold ${what}`, async () => {
      const execution = await executor.execute(
        aRequest("", { files: sourceFiles({ "a/a.go": `package a\n\n${a}`, "b/b.go": importer }), vet: true }),
      );
      assert.deepEqual(
        [execution.outcome, execution.tests?.map(({ name }) => name), execution.vet],
        ["ok", ["TestA", "TestB"], []],
        text(execution.stderr),
      );
    });
  }

  it("may be imported by what the package's own tests import", async () => {
    const files = sourceFiles({
      "a/a.go": 'package a\n\nimport "testing"\n\nfunc F() int { return 1 }\n\nfunc TestA(t *testing.T) { F() }\n',
      "a/out_test.go": 'package a_test\n\nimport (\n\t"testing"\n\n\t"play/b"\n)\n\nfunc TestOut(t *testing.T) { b.G() }\n',
      "b/b.go": 'package b\n\nimport "play/a"\n\nfunc G() int { return a.F() }\n',
    });
    const { tests, stderr, vet } = await executor.execute(aRequest("", { files, vet: true }));
    assert.deepEqual([tests?.map(({ name }) => name), vet], [["TestA", "TestOut"], []], text(stderr));
  });

  it("are told by the file's whole name, in messages and in traces", async () => {
    const test = (name: string, statement: string) =>
      `package ${name}\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {\n\t${statement}\n}\n`;
    const wrong = await executor.execute(aRequest("", { files: sourceFiles({ "a/x.go": test("a", ""), "b/x.go": test("b", "none()") }) }));
    assert.deepEqual(wrong.diagnostics, [{ file: "b/x.go", line: 6, column: 2, message: "undefined: none" }]);
    const panics = await executor.execute(aRequest("", { files: sourceFiles({ "a/x.go": test("a", 'panic("x")') }) }));
    assert.match(text(panics.stderr), /\tplay\/a\/x\.go:6 /);
    const far = test("a", "").replace('"testing"', '(\n\t"testing"\n\t"no/such"\n)');
    const foreign = await executor.execute(aRequest("", { files: sourceFiles({ "a/x.go": far }) }));
    assert.deepEqual([foreign.diagnostics[0]?.file, foreign.diagnostics[0]?.line], ["a/x.go", 5]);
  });
});
