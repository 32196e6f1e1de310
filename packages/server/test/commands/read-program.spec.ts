import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { mock } from "node:test";
import { RunnerError } from "@gorunner/core";
import type { CommandContext } from "../../src/commands/command-context.js";
import { readInput, readProgram } from "../../src/commands/read-program.js";
import { temporaryDirectory } from "../temporary-directory.js";

const directory = temporaryDirectory();
const aContext = (stdin: Readable) =>
  ({ env: {}, directory: directory(), stdin, stdout: new PassThrough(), stderr: new PassThrough() }) satisfies CommandContext;
const aPipe = (...chunks: (string | Buffer)[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
/** Nobody ever writes to it, and nobody closes it. */
const aSilentPipe = () => new PassThrough();

async function read(file: string, { stdin = aSilentPipe(), maxBytes = 1000 }: { stdin?: Readable; maxBytes?: number } = {}) {
  const files = await readProgram(aContext(stdin), file, maxBytes);
  return Object.fromEntries(files.map(({ path, content }) => [path, Buffer.from(content).toString("latin1")]));
}

describe("The program of gorunner run", () => {
  it("is a file under its own name, or prog.go where that is none of a Go file, and exactly as it is", async () => {
    for (const [name, path] of [
      ["a.go", "a.go"],
      ["a_test.go", "a_test.go"],
      ["notes.txt", "prog.go"],
    ] as const) {
      for (const text of ["package main\r\n", "package main", "\xff no UTF-8\n-- a.go --\n"]) {
        await writeFile(join(directory(), name), text, "latin1");
        assert.deepEqual(await read(name), { [path]: text });
      }
    }
  });

  it("is each file of a text with markers, whatever the text's name", async () => {
    for (const [text, files] of [
      ["package main\n-- b.go --\npackage main\n", { "prog.go": "package main\n", "b.go": "package main\n" }],
      ["-- prog.go --\npackage main", { "prog.go": "package main\n" }],
      ["\n-- main.go --\npackage main\n", { "main.go": "package main\n" }],
    ] as const) {
      await writeFile(join(directory(), "text.go"), text);
      assert.deepEqual(await read("text.go"), files);
      assert.deepEqual(await read("-", { stdin: aPipe(text) }), files);
    }
  });

  it("is refused where it is too long, and never cut to what is allowed", async () => {
    // Without its marker lines what has been read of this stays below the limit.
    const stdin = () => aPipe("package main\n-- a.txt --\n-- b.txt --\n-- c.txt --\n", "x\n-- d.go --\npackage main\n");
    const tooLong = (error: unknown) =>
      error instanceof RunnerError && error.code === "INVALID_ARGUMENT" && /more than 40 bytes/.test(error.message);
    await assert.rejects(read("-", { stdin: stdin(), maxBytes: 40 }), tooLong);
    await writeFile(join(directory(), "long.go"), "x".repeat(41));
    await assert.rejects(read("long.go", { maxBytes: 40 }), tooLong);
    assert.equal(Object.keys(await read("-", { stdin: stdin(), maxBytes: 100 })).length, 5);
  });
});

describe("The input of gorunner run", () => {
  it("is what a pipe gives until it ends", async () => {
    assert.equal(Buffer.from(await readInput(aContext(aPipe("one\n", "two")), "a.go", 100)).toString(), "one\ntwo");
    assert.equal((await readInput(aContext(aPipe()), "a.go", 100)).length, 0);
  });

  it("is empty, and nothing is read, at a terminal and where the program came that way", async () => {
    const terminal = Object.assign(aSilentPipe(), { isTTY: true });
    assert.equal((await readInput(aContext(terminal), "a.go", 100)).length, 0);
    assert.equal((await readInput(aContext(aSilentPipe()), "-", 100)).length, 0);
  });

  it("is read only until the executor can say that it is too much", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(10);
      })(),
    );
    assert.equal((await readInput(aContext(endless), "a.go", 100)).length, 110);
  });

  it("is waited for, and a person is told so", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const stdin = aSilentPipe();
      const context = aContext(stdin);
      const input = readInput(context, "a.go", 100);
      mock.timers.tick(2_000);
      assert.match(String(context.stderr.read()), /^gorunner: reading the program's input until it ends; .*< \/dev\/null\n$/);
      stdin.end("late");
      assert.equal(Buffer.from(await input).toString(), "late");
    } finally {
      mock.timers.reset();
    }
  });
});
