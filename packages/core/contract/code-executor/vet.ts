/** Programs that vet looks at. */
import assert from "node:assert/strict";
import { aRequest, hello, program, sourceFiles } from "../programs.js";
import { type Check, text } from "./check.js";

export function vet(check: Check): void {
  check("vet's findings come with the execution, and keep no program from running", async (executor) => {
    const code = program(["fmt", "os"], 'fmt.Printf("%d\\n", "text")', "os.Exit(3)");
    const execution = await executor.execute(aRequest(code, { vet: true }));
    assert.deepEqual([execution.outcome, text(execution.stdout)], ["exit_error", "%!d(string=text)\n"]);
    assert.deepEqual(execution.vet, [
      { file: "prog.go", line: 5, column: 14, message: 'fmt.Printf format %d has arg "text" of wrong type string' },
    ]);
  });

  check("vet finds nothing in a good program, and is silent when not asked", async (executor) => {
    assert.deepEqual((await executor.execute(aRequest(hello, { vet: true }))).vet, []);
    assert.equal((await executor.execute(aRequest(hello))).vet, undefined);
  });

  check("vet looks at every package, and at tests, under the names that were sent", async (executor) => {
    const wrong = (name: string) => `package ${name}\n\nfunc f() {\n\tx := 1\n\tx = x\n}\n`;
    const test = 'package a\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {\n\tt.Errorf("%d", "text")\n}\n';
    const files = sourceFiles({ "a/a.go": wrong("a"), "a/tests.go": test, "b/b.go": wrong("b") });
    const execution = await executor.execute(aRequest("", { files, vet: true }));
    assert.deepEqual(
      execution.vet?.map(({ file, line }) => `${file}:${line}`),
      ["a/a.go:5", "a/tests.go:6", "b/b.go:5"],
      text(execution.stderr),
    );
  });

  check("a program that does not compile has diagnostics, and no findings", async (executor) => {
    const { outcome, vet: findings } = await executor.execute(aRequest(program([], "undefined()"), { vet: true }));
    assert.deepEqual([outcome, findings], ["compile_error", undefined]);
  });
}
