import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, clientsOf } from "../support/clients.js";
import { cacheDir, Gorunner, repository } from "../support/gorunner.js";
import { hello, ofBytes } from "../support/programs.js";

/** What each ending looks like to a person, over both transports. */
const endings: [what: string, code: string, output: string, error: RegExp][] = [
  ["a program that fails", main('fmt.Println("kept"); os.Exit(3)', "fmt", "os"), "kept\n", /^exit status 3$/],
  ["a panic", main('fmt.Println("kept"); panic("no")', "fmt"), "kept\n", /^panic: no\n\ngoroutine 1[\s\S]*\nexit status 2$/],
  ["stderr of a success", main('fmt.Fprintln(os.Stderr, "a warning")', "fmt", "os"), "", /^a warning\n$/],
  ["a signal", main("syscall.Kill(os.Getpid(), syscall.SIGKILL); select {}", "os", "syscall"), "", /^signal: killed$/],
  ["a program without end", main('fmt.Println("kept"); for {}', "fmt"), "kept\n", /^timed out after 1s$/],
  [
    "a program that wants all memory",
    main("var all [][]byte; for { b := make([]byte, 1<<20); for i := range b { b[i] = 1 }; all = append(all, b) }"),
    "",
    /(^|\n)memory limit of 128 MiB exceeded$/,
  ],
  [
    "a mistake in one of several files",
    'package main\n\nimport "play/a"\n\nfunc main() { a.F() }\n-- a/a.go --\npackage a\n\nfunc F() { undefined() }\n',
    "",
    /^a\/a\.go:3:12: undefined: undefined\n$/,
  ],
  [
    "a test",
    'package main\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {\n\tt.Error("no")\n}\n',
    "=== RUN   TestIt\n    prog.go:6: no\n--- FAIL: TestIt (0.00s)\nFAIL\n",
    /^exit status 1$/,
  ],
  ["an unknown name", "package main\n\nfunc main() {\n\tfoo()\n}\n", "", /^prog\.go:4:2: undefined: foo\n$/],
];

function main(body: string, ...imports: string[]): string {
  return `package main\n${imports.map((path) => `import "${path}"\n`).join("")}\nfunc main() {\n\t${body}\n}\n`;
}

/** The program of several files that README.md shows. */
function severalFiles(): string {
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  const block = /```text\n(package main\n[^`]*\n-- [^`]*)```/.exec(readme)?.[1];
  assert.ok(block !== undefined, "README.md shows none");
  return block;
}

describe("What RunCode answers", function () {
  this.timeout(120_000);
  let server: Gorunner;
  let clients: Client[];
  before(async () => {
    server = await Gorunner.start({ config: { executor: { cache_dir: cacheDir, run_timeout: "1s", memory: "128MiB" } } });
    clients = clientsOf(server);
  });
  after(async () => {
    for (const client of clients) client.close();
    assert.equal(await server.stop(), 0);
  });

  for (const [what, code, output, error] of endings) {
    it(`${what} is told alike by both transports`, async () => {
      for (const client of clients) {
        const answer = await client.runCode(code);
        assert.equal(answer.output, output, client.name);
        assert.match(answer.error, error, client.name);
        assert.equal(answer.code, code, client.name);
      }
    });
  }

  it("several files in one text are one program, as README.md shows", async () => {
    for (const client of clients) {
      assert.deepEqual(await client.runCode(severalFiles()), { code: severalFiles(), output: "Hello Go\n", error: "" }, client.name);
    }
  });

  it("output over the limit is cut there, said so, and answered within the run's time", async () => {
    const flood = main('for { fmt.Println("0123456789") }', "fmt");
    for (const client of clients) {
      const { output, error } = await client.runCode(flood);
      assert.equal(Buffer.byteLength(output), 1024 * 1024, client.name);
      assert.equal(error, "output limit of 1 MiB exceeded", client.name);
    }
  });

  it("output that is not UTF-8 becomes U+FFFD, as text must", async () => {
    for (const client of clients) {
      const { output } = await client.runCode(main("os.Stdout.Write([]byte{'a', 0xff, 'b'})", "os"));
      assert.equal(output, "a\ufffdb", client.name);
    }
  });

  it("64 KiB of code works", async () => {
    for (const client of clients) assert.equal((await client.runCode(ofBytes(64 * 1024))).output, "Hello RunCode!\n", client.name);
  });

  it("many at once get their own answers", async () => {
    const calls = clients.flatMap((client) => [1, 2, 3, 4].map((index) => ({ client, word: `${client.name} ${index}` })));
    const answers = await Promise.all(calls.map(({ client, word }) => client.runCode(hello.replace("Hello RunCode!", word))));
    assert.deepEqual(
      answers.map(({ output }) => output),
      calls.map(({ word }) => `${word}\n`),
    );
  });
});
