import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ended, gorunner, said, start } from "../command-line.js";
import { temporaryDirectory } from "../temporary-directory.js";

const program = (imports: string[], ...statements: string[]) =>
  `package main\nimport (${imports.map((name) => JSON.stringify(name)).join("; ")})\nfunc main() {\n${statements.join("\n")}\n}\n`;

describe("gorunner run", function () {
  // A machine that never ran a Go program compiles a part of the standard library first.
  this.timeout(120_000);
  const directory = temporaryDirectory();
  const run = (code: string, env: Record<string, string> = {}) => gorunner(["run", "-"], { directory: directory(), stdin: code, env });

  it("runs a file: its output is the program's, and nothing else", async () => {
    await writeFile(join(directory(), "hello.go"), program(["fmt", "os"], 'fmt.Println("out")', 'fmt.Fprintln(os.Stderr, "err")'));
    const { exitCode, stdout, stderr } = await gorunner(["run", "hello.go"], { directory: directory() });
    assert.equal(stdout, "out\n");
    // A machine's first run says what takes so long.
    assert.equal(stderr.replace(/^gorunner: .*\n/gm, ""), "err\n");
    assert.equal(exitCode, 0);
  });

  it("hands bytes on as they are", async () => {
    const child = start(["run", "-"], { directory: directory(), stdin: program(["os"], "os.Stdout.Write([]byte{0, 255, 254, 10})") });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(child, "close");
    assert.deepEqual([...Buffer.concat(chunks)], [0, 255, 254, 10]);
  });

  it("runs several files in one text", async () => {
    await writeFile(
      join(directory(), "two.txtar"),
      'package main\n\nimport "play/greet"\n\nfunc main() { greet.Hello() }\n-- greet/greet.go --\npackage greet\n\nfunc Hello() { println("from a package") }\n',
    );
    const { exitCode, stderr } = await gorunner(["run", "two.txtar"], { directory: directory() });
    assert.deepEqual([exitCode, stderr.replace(/^gorunner: .*\n/gm, "")], [0, "from a package\n"]);
  });

  it("runs a text whose only file is a marked prog.go", async () => {
    const { exitCode, stderr } = await run("-- prog.go --\npackage main\n\nfunc main() { println(1) }\n");
    assert.deepEqual([exitCode, stderr.replace(/^gorunner: .*\n/gm, "")], [0, "1\n"]);
  });

  it("refuses a text with a name that escapes, by name, with exit code 1", async () => {
    const { exitCode, stderr } = await run("package main\n-- ../x.go --\npackage main\n");
    assert.equal(exitCode, 1);
    assert.match(stderr, /^gorunner: file name "\.\.\/x\.go" is not allowed: /);
  });

  it("runs a test file as go test -v, and exits 1 when a test fails", async () => {
    const test = (body: string) => `package main\n\nimport "testing"\n\nfunc TestIt(t *testing.T) { ${body} }\n`;
    await writeFile(join(directory(), "good_test.go"), test(""));
    await writeFile(join(directory(), "bad_test.go"), test('t.Fatal("no")'));
    const good = await gorunner(["run", "good_test.go"], { directory: directory() });
    assert.deepEqual([good.exitCode, good.stdout.replace(/\d+\.\d+/, "0")], [0, "=== RUN   TestIt\n--- PASS: TestIt (0s)\nPASS\n"]);
    const bad = await gorunner(["run", "bad_test.go"], { directory: directory() });
    assert.equal(bad.exitCode, 1);
    assert.match(bad.stdout, /^ {4}bad_test\.go:5: no$/m);
    assert.deepEqual(
      [good, bad].map(({ stderr }) => stderr.replace(/^gorunner: .*\n/gm, "")),
      ["tests: 1 passed\n", "tests: 1 failed\nexit status 1\n"],
    );
  });

  it("hands its own standard input and the arguments on to the program", async () => {
    const code = program(["fmt", "io", "os"], "data, _ := io.ReadAll(os.Stdin)", 'fmt.Printf("%q %q", data, os.Args[1:])');
    await writeFile(join(directory(), "cat.go"), code);
    const { stdout } = await gorunner(["run", "cat.go", "a", "--", "-b"], { directory: directory(), stdin: "some\ninput" });
    assert.equal(stdout, '"some\\ninput" ["a" "-b"]');
  });

  it("runs under the fake clock, and tests what has a main function, when asked", async () => {
    const code = `${program(["fmt", "time"], "time.Sleep(time.Hour)", "fmt.Println(time.Now().UTC())")}-- a_test.go --\npackage main\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {}\n`;
    const run = (flag: string) => gorunner(["run", flag, "-"], { directory: directory(), stdin: code });
    assert.equal((await run("--fake-clock")).stdout, "2009-11-11 00:00:00 +0000 UTC\n");
    assert.match((await run("--test")).stdout, /^--- PASS: TestIt/m);
  });

  it("runs benchmarks when asked", async () => {
    const code = 'package main\n\nimport "testing"\n\nfunc BenchmarkIt(b *testing.B) {\n\tfor b.Loop() {\n\t}\n}\n';
    await writeFile(join(directory(), "it_test.go"), code);
    const bench = (...flags: string[]) => gorunner(["run", ...flags, "it_test.go"], { directory: directory() });
    assert.match((await bench("--bench")).stdout, /^BenchmarkIt\S*\s+\d+\t.*ns\/op$/m);
    assert.doesNotMatch((await bench()).stdout, /ns\/op/);
    const { exitCode, stderr } = await bench("--bench", "--fake-clock");
    assert.equal(exitCode, 1);
    assert.match(stderr, /^gorunner: benchmarks measure the real clock/m);
  });

  it("tells what go vet finds when asked, and only then, and exits as the program does", async () => {
    const code = program(["fmt"], 'fmt.Printf("%d\\n", "x")');
    await writeFile(join(directory(), "vet.go"), code);
    const vet = await gorunner(["run", "--vet", "vet.go"], { directory: directory() });
    assert.deepEqual([vet.exitCode, vet.stdout], [0, "%!d(string=x)\n"]);
    assert.match(vet.stderr, /^vet: vet\.go:4:\d+: .*%d has arg "x" of wrong type string$/m);
    assert.doesNotMatch((await gorunner(["run", "vet.go"], { directory: directory() })).stderr, /^vet: /m);
  });

  it("exits as the program does", async () => {
    const { exitCode, stderr } = await run(program(["os"], "os.Exit(3)"));
    assert.deepEqual([exitCode, stderr.replace(/^gorunner: .*\n/gm, "")], [3, "exit status 3\n"]);
  });

  it("tells what the compiler says, and exits 1", async () => {
    const { exitCode, stdout, stderr } = await run("package main\nfunc main() {\n\tundefined()\n}\n");
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(stderr, /^prog\.go:3:2: undefined: undefined\n$/m);
  });

  it("tells which limit ended it, and exits 1", async () => {
    const { exitCode, stdout, stderr } = await run(program(["fmt", "time"], 'fmt.Println("before")', "time.Sleep(time.Hour)"), {
      RUNNER_EXECUTOR_RUN_TIMEOUT: "300ms",
    });
    assert.equal(exitCode, 1, stderr);
    assert.equal(stdout, "before\n");
    assert.match(stderr, /^timed out after 300ms\n$/m);
    assert.match(stderr, /time\.Sleep/, "where it was");
  });

  it("prints what the program has printed while it still runs, and ends with an interrupt", async () => {
    const code = program(["fmt", "time"], 'fmt.Println("started")', "time.Sleep(time.Hour)");
    const child = start(["run", "-"], { directory: directory(), stdin: code, env: { RUNNER_EXECUTOR_RUN_TIMEOUT: "1h" } });
    const end = ended(child);
    await said(child.stdout, /started\n/);
    child.kill("SIGINT");
    assert.equal((await end).exitCode, 130);
  });

  it("ends when nobody reads its output any more", async () => {
    const code = program(["fmt"], 'for { fmt.Println("more") }');
    const child = start(["run", "-"], {
      directory: directory(),
      stdin: code,
      env: { RUNNER_EXECUTOR_RUN_TIMEOUT: "1h", RUNNER_EXECUTOR_OUTPUT: "1GiB" },
    });
    await said(child.stdout, /more\n/);
    child.stdout.destroy();
    const [exitCode] = (await once(child, "exit")) as [number | null];
    assert.equal(exitCode, 1);
  });

  it("tells of a file that is not there, with exit code 2", async () => {
    const { exitCode, stderr } = await gorunner(["run", "none.go"], { directory: directory() });
    assert.deepEqual([exitCode, stderr], [2, "gorunner: none.go: there is no such file\n"]);
  });

  it("tells of a directory, with exit code 2", async () => {
    const { exitCode, stderr } = await gorunner(["run", "."], { directory: directory() });
    assert.deepEqual([exitCode, stderr], [2, "gorunner: .: it can't be read (EISDIR)\n"]);
  });

  it("tells of more source than the engine takes, with exit code 1", async () => {
    const { exitCode, stderr } = await run(`package main // ${"x".repeat(200)}`, { RUNNER_EXECUTOR_SOURCE: "100" });
    assert.equal(exitCode, 1);
    assert.match(stderr, /^gorunner: .*100/m);
  });

  it("tells why there is no sandbox, with exit code 1", async () => {
    const { exitCode, stderr } = await run("package main\nfunc main() {}\n", { RUNNER_EXECUTOR_CACHE_DIR: "/dev/null/x" });
    assert.equal(exitCode, 1);
    assert.match(stderr, /^gorunner: the cache directory \/dev\/null\/x can't be written; set executor\.cache_dir/m);
  });
});
