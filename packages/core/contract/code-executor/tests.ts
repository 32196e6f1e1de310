/** Programs that are tests. */
import assert from "node:assert/strict";
import type { Execution } from "@gorunner/core";
import { aRequest, hello, sourceFiles } from "../programs.js";
import { type Check, text } from "./check.js";

const results = ({ tests }: Execution) => tests?.map(({ package: path, name, status }) => `${path} ${name} ${status}`);

const testFile = (packageName: string, ...functions: string[]) =>
  [`package ${packageName}`, 'import "testing"', ...functions, ""].join("\n\n");

const passes = (name: string) => `func ${name}(t *testing.T) { t.Log("${name} was here") }`;
const fails = (name: string) => `func ${name}(t *testing.T) { t.Error("${name} is wrong") }`;

export function tests(check: Check): void {
  check("a program without main but with tests is run as go test -v", async (executor) => {
    const code = testFile(
      "main",
      passes("TestGood"),
      fails("TestBad"),
      'func TestSkipped(t *testing.T) { t.Skip("not today") }',
      'func TestNested(t *testing.T) { t.Run("inner one", func(t *testing.T) {}) }',
    );
    const execution = await executor.execute(aRequest(code));
    assert.equal(execution.outcome, "exit_error", text(execution.stderr));
    assert.equal(execution.exitCode, 1);
    assert.deepEqual(results(execution), [
      "play TestGood pass",
      "play TestBad fail",
      "play TestSkipped skip",
      "play TestNested pass",
      "play TestNested/inner_one pass",
    ]);
    assert.match(execution.tests?.[1]?.output ?? "", /^ {4}prog\.go:7: TestBad is wrong\n$/);
    assert.match(text(execution.stdout), /^=== RUN {3}TestGood\n {4}prog\.go:5: TestGood was here\n--- PASS: TestGood \(.*s\)\n/);
    assert.match(text(execution.stdout), /\nFAIL\n$/);
  });

  check("tests that pass are a success", async (executor) => {
    const execution = await executor.execute(aRequest(testFile("main", passes("TestGood"))));
    assert.deepEqual([execution.outcome, execution.exitCode, results(execution)], ["ok", 0, ["play TestGood pass"]]);
  });

  check("examples and fuzz targets are tests too", async (executor) => {
    const code = [
      'package main\n\nimport (\n\t"fmt"\n\t"testing"\n)\n',
      'func Example() {\n\tfmt.Println("wrong")\n\t// Output: right\n}\n',
      "func FuzzIt(f *testing.F) {\n\tf.Add(1)\n\tf.Fuzz(func(t *testing.T, n int) {})\n}\n",
    ].join("\n");
    const execution = await executor.execute(aRequest(code));
    assert.deepEqual(results(execution), ["play FuzzIt pass", "play FuzzIt/seed#0 pass", "play Example fail"]);
  });

  check("tests are found in any file and package, and each package's in its own folder", async (executor) => {
    const files = sourceFiles({
      "double/double.go": "package double\n\nfunc Double(n int) int { return 2 * n }\n",
      "double/double_test.go": testFile("double", "func TestDouble(t *testing.T) { if Double(2) != 4 { t.Fatal() } }"),
      "reads/reads.go":
        'package reads\n\nimport (\n\t"os"\n\t"testing"\n)\n\nfunc TestReads(t *testing.T) {\n\tif _, err := os.ReadFile("in.txt"); err != nil {\n\t\tt.Fatal(err)\n\t}\n}\n',
      "reads/in.txt": "here",
      "wrong/wrong_test.go": testFile("wrong_test", fails("TestWrong")),
    });
    const execution = await executor.execute(aRequest("", { files }));
    assert.deepEqual(
      results(execution),
      ["play/double TestDouble pass", "play/reads TestReads pass", "play/wrong TestWrong fail"],
      text(execution.stderr),
    );
    assert.match(text(execution.stdout), /\nok {2}\tplay\/double\t.*s\n/);
    assert.match(text(execution.stdout), /\nFAIL\tplay\/wrong\t.*s\n$/);
    assert.deepEqual([execution.outcome, execution.exitCode], ["exit_error", 1]);
  });

  check("the tests of a package that others import are run, and the others find it all the same", async (executor) => {
    const files = sourceFiles({
      "double/double.go": [
        'package double\n\nimport (\n\t"strconv"\n\t"testing"\n)\n',
        "func Text(n int) string { return strconv.Itoa(2 * n) }\n",
        'func TestText(t *testing.T) {\n\tif Text(2) != "4" {\n\t\tt.Fatal()\n\t}\n\tt.Error("seen")\n}\n',
        "const Two = 2\n",
      ].join("\n"),
      "uses/uses_test.go": testFile("uses", "func TestUses(t *testing.T) { t.Log(double.Text(double.Two)) }").replace(
        '"testing"',
        '(\n\t"testing"\n\n\t"play/double"\n)',
      ),
    });
    const execution = await executor.execute(aRequest("", { files }));
    assert.deepEqual(results(execution), ["play/double TestText fail", "play/uses TestUses pass"], text(execution.stderr));
    assert.match(execution.tests?.[0]?.output ?? "", /^ {4}double\.go:14: seen\n$/);
  });

  check("a program with main runs, and is tested when asked", async (executor) => {
    const files = sourceFiles({ "prog.go": hello, "prog_test.go": testFile("main", passes("TestGood")) });
    assert.equal(text((await executor.execute(aRequest("", { files }))).stdout), "Hello RunCode!\n");
    assert.deepEqual(results(await executor.execute(aRequest("", { files, mode: "test" }))), ["play TestGood pass"]);
  });

  check("a program without tests can't be tested", async (executor) => {
    const { outcome, stderr } = await executor.execute(aRequest(hello, { mode: "test" }));
    assert.equal(outcome, "compile_error");
    assert.match(text(stderr), /no tests/);
  });

  check("a mistake in a test is told with its place", async (executor) => {
    const { outcome, diagnostics } = await executor.execute(aRequest(testFile("main", "func TestX(t *testing.T) { undefined() }")));
    assert.deepEqual(
      [outcome, diagnostics],
      ["compile_error", [{ file: "prog.go", line: 5, column: 28, message: "undefined: undefined" }]],
    );
  });

  check("a package whose tests do not compile is told as such, and the others' tests are run", async (executor) => {
    const files = sourceFiles({
      "a/a_test.go": testFile("a", "func TestA(t *testing.T) { undefined() }"),
      "b/b_test.go": testFile("b", passes("TestB")),
    });
    const execution = await executor.execute(aRequest("", { files }));
    assert.deepEqual([execution.outcome, execution.exitCode, results(execution)], ["exit_error", 1, ["play/b TestB pass"]]);
    assert.deepEqual(execution.diagnostics, [{ file: "a/a_test.go", line: 5, column: 28, message: "undefined: undefined" }]);
    assert.match(text(execution.stdout), /^FAIL\tplay\/a \[build failed\]\n=== RUN {3}TestB\n[\s\S]*\nok {2}\tplay\/b\t.*s\n$/);
    assert.equal(text(execution.stderr), "a/a_test.go:5:28: undefined: undefined\n");
  });

  check("of several packages none of which compiles, each is told, and what they share once", async (executor) => {
    const files = sourceFiles({
      "a/a.go": "package a\n\nfunc A() { undefined() }\n",
      "a/a_test.go": testFile("a", passes("TestA")),
      "b/b_test.go": testFile("b", "func TestB(t *testing.T) { a.A() }").replace('"testing"', '(\n\t"testing"\n\n\t"play/a"\n)'),
      "c/c_test.go": testFile("c", "func TestC(t *testing.T) { missing() }"),
    });
    const { outcome, diagnostics, tests: none } = await executor.execute(aRequest("", { files }));
    assert.deepEqual([outcome, none], ["compile_error", undefined]);
    assert.deepEqual(
      diagnostics.map(({ file, message }) => `${file} ${message}`),
      ["a/a.go undefined: undefined", "c/c_test.go undefined: missing"],
    );
  });

  check("packages after one that reaches a limit are not run, and told as such", async (executor) => {
    const files = sourceFiles({
      "a/a_test.go": testFile("a", "func TestA(t *testing.T) { for {} }"),
      "b/b_test.go": testFile("b", passes("TestB")),
    });
    const execution = await executor.execute(aRequest("", { files, limits: { runTimeoutMs: 500 } }));
    assert.deepEqual([execution.outcome, results(execution)], ["run_timeout", ["play/a TestA fail"]]);
    assert.match(text(execution.stdout), /^=== RUN {3}TestA\nFAIL\tplay\/a\t.*s\nFAIL\tplay\/b \[not run\]\n$/);
    assert.match(execution.goroutines ?? "", /TestA/);
  });

  check("a test that panics, exits or hangs has failed, and what came before counts", async (executor) => {
    const ends = { 'panic("x")': "exit_error", "os.Exit(3)": "exit_error", "time.Sleep(time.Hour)": "run_timeout" };
    for (const [statement, outcome] of Object.entries(ends)) {
      const code = `package main\n\nimport (\n\t"os"\n\t"testing"\n\t"time"\n)\n\nvar _, _ = os.Exit, time.Sleep\n\n${passes("TestGood")}\n\nfunc TestEnds(t *testing.T) { ${statement} }\n`;
      const execution = await executor.execute(aRequest(code, { limits: { runTimeoutMs: 1000 } }));
      assert.equal(execution.outcome, outcome, statement);
      assert.deepEqual(results(execution), ["play TestGood pass", "play TestEnds fail"], statement);
    }
  });

  check("arguments reach the test binary", async (executor) => {
    const code = testFile("main", passes("TestOne"), passes("TestTwo"));
    const execution = await executor.execute(aRequest(code, { args: ["-test.run=Two"] }));
    assert.deepEqual(results(execution), ["play TestTwo pass"]);
  });
}

export function benchmarks(check: Check): void {
  check("benchmarks run when asked, and only then", async (executor) => {
    const code = testFile("main", passes("TestGood"), "func BenchmarkIt(b *testing.B) { for b.Loop() {} }");
    const args = ["-test.benchtime=10x"];
    assert.deepEqual(results(await executor.execute(aRequest(code, { args }))), ["play TestGood pass"]);
    const execution = await executor.execute(aRequest(code, { mode: "bench", args }));
    assert.deepEqual(results(execution), ["play TestGood pass", "play BenchmarkIt pass"]);
    assert.match(text(execution.stdout), /\nBenchmarkIt\S* +\t *10\t.*ns\/op\n/);
  });
}
