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
