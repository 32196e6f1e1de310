import assert from "node:assert/strict";
import fc from "fast-check";
import { joinProgramText, RunnerError, splitProgramText } from "../src/index.js";

const split = (text: string) =>
  Object.fromEntries(splitProgramText(text).map(({ path, content }) => [path, Buffer.from(content).toString()]));

describe("A program text", () => {
  it("without a marker is prog.go, exactly", () => {
    for (const text of [
      "package main\n",
      "package main",
      "",
      "\r\n",
      "--  --\n",
      "-- a.go\n",
      "x -- a.go --\n",
      "-- a.go -- \n",
      "--a.go--",
    ]) {
      assert.deepEqual(split(text), { "prog.go": text });
    }
  });

  it("with markers is several files, and what comes first is prog.go", () => {
    assert.deepEqual(split("package main\n-- a/b.go --\npackage a\n-- go.mod --\nmodule x"), {
      "prog.go": "package main\n",
      "a/b.go": "package a\n",
      "go.mod": "module x\n",
    });
  });

  it("that begins with a marker, after blank lines at most, has no implicit file", () => {
    assert.deepEqual(split("\n \n-- main.go --\npackage main\n-- empty.txt --\n-- last.txt --"), {
      "main.go": "package main\n",
      "empty.txt": "",
      "last.txt": "",
    });
  });

  it("may have lines that end with a carriage return", () => {
    assert.deepEqual(split("package main\r\n-- a.go --\r\npackage main\r\n"), {
      "prog.go": "package main\r\n",
      "a.go": "package main\r\n",
    });
  });

  it("may have names with spaces and letters of any script", () => {
    assert.deepEqual(split("-- my file.txt --\nx\n--   ü.txt   --\ny\n"), { "my file.txt": "x\n", "ü.txt": "y\n" });
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => `-- f${index}.go --\n`).join("");
  for (const [what, text] of [
    ["the implicit file again", "package main\n-- prog.go --\n"],
    ["a name twice", "-- a.go --\n-- a.go --\n"],
    ["twenty-one files", many(21)],
    ["twenty files and the implicit one", `package main\n${many(20)}`],
    ["an absolute name", "-- /etc/passwd --\n"],
    ["a name that escapes", "-- ../a.go --\n"],
    ["a name that escapes inside", "-- a/../../b.go --\n"],
    ["a name that is not clean", "-- a//b.go --\n"],
    ["a folder's name", "-- a/ --\n"],
    ["a dot", "-- ./a.go --\n"],
    ["a backslash", "-- a\\b.go --\n"],
    ["a control character", "-- a\u0007.go --\n"],
    ["a name of 201 bytes", `-- ${"ü".repeat(99)}xyz --\n`],
    ["eleven levels", "-- a/b/c/d/e/f/g/h/i/j/k --\n"],
  ] as const) {
    it(`with ${what} is refused`, () => {
      assert.throws(
        () => splitProgramText(text),
        (error) => error instanceof RunnerError && error.code === "INVALID_ARGUMENT",
      );
    });
  }

  it("with twenty files, of names of 200 bytes and ten levels, is not", () => {
    assert.equal(splitProgramText(many(20)).length, 20);
    assert.deepEqual(Object.keys(split(`-- ${"ü".repeat(100)} --\n-- a/b/c/d/e/f/g/h/i/j --\n`)), ["ü".repeat(100), "a/b/c/d/e/f/g/h/i/j"]);
  });

  const name = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,3}\.(go|txt)$/);
  const line = fc.string({ unit: fc.constantFrom("a", " ", "-", "ü", "\t", "\r") }).filter((text) => !/^-- .* --\r*$/.test(text));
  const content = fc.array(line).map((lines) => lines.map((text) => `${text}\n`).join(""));

  it("is made of files, and gives them back", () => {
    const files = fc.uniqueArray(fc.record({ path: name, text: content }, { noNullPrototype: true }), {
      selector: ({ path }) => path,
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(files, fc.option(content.filter((text) => text.trim() !== "")), (others, main) => {
        const all = main === null || others.length > 19 ? others : [{ path: "prog.go", text: main }, ...others];
        assert.deepEqual(
          splitProgramText(joinProgramText(all)).map(({ path, content: bytes }) => ({ path, text: Buffer.from(bytes).toString() })),
          all,
        );
      }),
    );
  });

  it("of any kind is files, or refused by name", () => {
    const unit = fc.constantFrom("-", "-- ", " --", "\n", "a", "/", ".", "\r", "\\", "-- a.go --\n", "\ud800");
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        try {
          assert.ok(splitProgramText(text).length > 0);
        } catch (error) {
          assert.ok(error instanceof RunnerError && error.code === "INVALID_ARGUMENT", String(error));
        }
      }),
    );
  });
});
