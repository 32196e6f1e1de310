/** What is told of each test, whatever the tests print. */
import assert from "node:assert/strict";
import type { Execution } from "@gorunner/core";
import { aRequest, sourceFiles } from "../programs.js";
import { type Check, text } from "./check.js";

const results = ({ tests }: Execution) => tests?.map(({ name, status }) => `${name} ${status}`);

const outputOf = ({ tests }: Execution, name: string) => tests?.find((test) => test.name === name)?.output ?? `no ${name}`;

const testFile = (...functions: string[]) =>
  ['package main\n\nimport (\n\t"fmt"\n\t"os"\n\t"testing"\n)', "var _, _ = fmt.Print, os.Exit", ...functions, ""].join("\n\n");

const sleeping = (name: string, statement: string) =>
  `package ${name}\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestIt(t *testing.T) {\n\ttime.Sleep(time.Millisecond)\n\t${statement}\n}\n`;

const twoPackages = sourceFiles({ "a/a_test.go": sleeping("a", 't.Error("wrong")'), "b/b_test.go": sleeping("b", 't.Log("fine")') });

export function testResults(check: Check): void {
  check("a test that prints verdicts changes none and invents no test", async (executor) => {
    const code = testFile(
      'func TestA(t *testing.T) { t.Error("wrong") }',
      'func TestB(t *testing.T) { fmt.Println("--- PASS: TestA (0.00s)\\n\\x16--- PASS: TestA (0.00s)\\n=== RUN   TestGhost") }',
    );
    const execution = await executor.execute(aRequest(code));
    assert.deepEqual(results(execution), ["TestA fail", "TestB pass"]);
    assert.match(outputOf(execution, "TestB"), /TestGhost\n$/);
  });

  check("a subtest has its result after output without a newline, and its verdict is shown below its test's", async (executor) => {
    const code = testFile('func TestA(t *testing.T) { fmt.Print("x"); t.Run("s", func(t *testing.T) { fmt.Print("y") }) }');
    const execution = await executor.execute(aRequest(code));
    assert.deepEqual(
      [results(execution), outputOf(execution, "TestA"), outputOf(execution, "TestA/s")],
      [["TestA pass", "TestA/s pass"], "x", "y"],
    );
    const shown = text(execution.stdout).replace(/\d\.\d\ds/g, "T");
    assert.equal(shown, "=== RUN   TestA\nx=== RUN   TestA/s\ny--- PASS: TestA (T)\n    --- PASS: TestA/s (T)\nPASS\n");
  });

  check("a printed PASS ends no test's output", async (executor) => {
    const code = testFile('func TestA(t *testing.T) { fmt.Println("one\\nPASS\\ntwo") }');
    assert.equal(outputOf(await executor.execute(aRequest(code)), "TestA"), "one\nPASS\ntwo\n");
  });

  check("a panicking test's output holds the panic", async (executor) => {
    const code = testFile("func TestGood(t *testing.T) {}", 'func TestA(t *testing.T) { t.Run("s", func(*testing.T) { panic("oh") }) }');
    const execution = await executor.execute(aRequest(code));
    assert.deepEqual(results(execution), ["TestGood pass", "TestA fail", "TestA/s fail"]);
    assert.match(outputOf(execution, "TestA/s"), /^panic: oh.*\n\ngoroutine /);
  });

  check("what is shown holds no byte 0x16 but the program's own, also as it comes", async (executor) => {
    const code = testFile('func TestA(t *testing.T) { fmt.Print("a\\x16b\\x16") }', 'func TestB(t *testing.T) { t.Skip("no") }');
    let live = "";
    const execution = await executor.execute(aRequest(code), {
      onEvent: ({ data }) => {
        live += text(data);
      },
    });
    assert.deepEqual(
      text(execution.stdout)
        .split("\x16")
        .map((part) => part.slice(0, 3)),
      ["===", "b", "---"],
    );
    assert.equal(live, text(execution.stdout));
    assert.equal(execution.events.map(({ data }) => text(data)).join(""), live);
    assert.equal(outputOf(execution, "TestA"), "a\x16b\x16");
  });

  check("parallel subtests have their own logs", async (executor) => {
    const code = testFile(
      'func TestA(t *testing.T) { for _, name := range []string{"x", "y"} { t.Run(name, func(t *testing.T) { t.Parallel(); t.Log("log of", name) }) } }',
    );
    const execution = await executor.execute(aRequest(code));
    assert.deepEqual(results(execution), ["TestA pass", "TestA/x pass", "TestA/y pass"]);
    for (const name of ["x", "y"]) assert.match(outputOf(execution, `TestA/${name}`), new RegExp(`^ +prog\\.go:\\d+: log of ${name}\\n$`));
  });

  check("asking for less than -test.v costs no result", async (executor) => {
    const code = testFile("func TestA(t *testing.T) {}");
    assert.deepEqual(results(await executor.execute(aRequest(code, { args: ["-test.v"] }))), ["TestA pass"]);
  });

  check("of two packages the first one's failure is the outcome", async (executor) => {
    const execution = await executor.execute(aRequest("", { files: twoPackages }));
    assert.deepEqual([execution.outcome, execution.exitCode, results(execution)], ["exit_error", 1, ["TestIt fail", "TestIt pass"]]);
  });
}

export function testTimes(check: Check): void {
  check("under the fake clock the times of two packages' tests never go back", async (executor) => {
    const execution = await executor.execute(aRequest("", { files: twoPackages, clock: "fake" }));
    const { events } = execution;
    // What else happened, such as a build whose time was up, has other times.
    assert.deepEqual(results(execution), ["TestIt fail", "TestIt pass"], `${execution.outcome}: ${text(execution.stderr)}`);
    const times = events.map(({ timeNs }) => Number(timeNs));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok((times.at(-1) ?? 0) >= 2e6, String(times));
  });
}

export function benchmarkResults(check: Check): void {
  check("benchmarks that fail or skip have a result, and their output", async (executor) => {
    const code = testFile(
      'func BenchmarkFails(b *testing.B) { b.Fatal("too bad") }',
      'func BenchmarkSkips(b *testing.B) { b.Skip("not today") }',
      'func BenchmarkLogs(b *testing.B) { b.Log("well"); fmt.Println("printed"); for b.Loop() {} }',
    );
    const execution = await executor.execute(aRequest(code, { mode: "bench", args: ["-test.benchtime=5x"] }));
    assert.deepEqual(results(execution), ["BenchmarkFails fail", "BenchmarkSkips skip", "BenchmarkLogs pass"]);
    assert.match(outputOf(execution, "BenchmarkFails"), /too bad\n$/);
    assert.match(outputOf(execution, "BenchmarkSkips"), /not today\n$/);
    for (const part of [/printed\n/, /ns\/op\n/, /well\n/]) assert.match(outputOf(execution, "BenchmarkLogs"), part);
    for (const sign of ["=== ", "\x16"]) assert.ok(!text(execution.stdout).includes(sign));
  });
}
