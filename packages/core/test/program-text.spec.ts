import assert from "node:assert/strict";
import { encodeUtf8, joinProgramText, RunnerError, type SourceFile, splitProgramText } from "@gorunner/core";
import fc from "fast-check";
import { runnerError } from "./expectations.js";

const split = (text: string) =>
  Object.fromEntries(splitProgramText(text).map(({ path, content }) => [path, Buffer.from(content).toString()]));
const aFile = (path: string, text: string): SourceFile => ({ path, content: encodeUtf8(text) });

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

  it("may have lines that end with a carriage return, which stays in the files", () => {
    assert.deepEqual(split("package main\r\n-- a.go --\r\npackage main\r\n-- b.txt --\r\nx"), {
      "prog.go": "package main\r\n",
      "a.go": "package main\r\n",
      "b.txt": "x\n",
    });
  });

  it("has lines as Go has them: nothing but a newline ends one", () => {
    for (const end of ["\r", "\u2028", "\u2029", "\u0085", "\v"]) {
      for (const text of [`const s = \`${end}-- a.go --\n\``, `-- a.go --${end}x\n`, `-- a.go --${end}${end}\n`]) {
        assert.deepEqual(split(text), { "prog.go": text });
      }
    }
    assert.deepEqual(split("-- a.go --\r"), { "prog.go": "-- a.go --\r" }, "where the text ends there is no line end to be part of");
    assert.deepEqual(split("-- a\u2028b.txt --\nx\n"), { "a\u2028b.txt": "x\n" });
  });

  it("is blank where Go says so", () => {
    assert.deepEqual(split("\u0085\u3000\n--\u0020\u0085a.go\u00a0 --\nx\n"), { "a.go": "x\n" });
    assert.deepEqual(split("\ufeff\n-- a.go --\nx\n"), { "prog.go": "\ufeff\n", "a.go": "x\n" });
  });

  it("may have names with spaces and letters of any script", () => {
    assert.deepEqual(split("-- my file.txt --\nx\n--   ü.txt   --\ny\n"), { "my file.txt": "x\n", "ü.txt": "y\n" });
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => `-- f${index}.go --\n`).join("");
  for (const [what, text, message] of [
    ["the implicit file again", "package main\n-- prog.go --\n", /"prog\.go" is there twice/],
    ["a name twice", "-- a.go --\n-- b.go --\n-- a.go --\n", /"a\.go" is there twice/],
    ["twenty-one files", many(21), /21 files, above the limit of 20/],
    ["twenty files and the implicit one", `package main\n${many(20)}`, /21 files, above the limit of 20/],
    ["an absolute name", "-- /etc/passwd --\n", /"\/etc\/passwd" is not allowed: .*relative/],
    ["a name that escapes", "-- ../a.go --\n", /"\.\.\/a\.go" is not allowed: .*relative/],
    ["a name that escapes inside", "-- a/../../b.go --\n", /"a\/\.\.\/\.\.\/b\.go" is not allowed: .*relative/],
    ["a name that is not clean", "-- a//b.go --\n", /"a\/\/b\.go" is not allowed: .*relative/],
    ["a folder's name", "-- a/ --\n", /"a\/" is not allowed: .*relative/],
    ["a dot", "-- ./a.go --\n", /"\.\/a\.go" is not allowed: .*relative/],
    ["a backslash", "-- a\\b.go --\n", /"a\\\\b\.go" is not allowed: .*backslash/],
    ["a control character", "-- a\u0007.go --\n", /"a\\u0007\.go" is not allowed: .*control character/],
    ["a name of 201 bytes", `-- ${"ü".repeat(99)}xyz --\n`, /"ü+xyz" is not allowed: .*200 bytes/],
    ["a name of eleven parts", "-- a/b/c/d/e/f/g/h/i/j/k --\n", /"a\/b.*k" is not allowed: .*10 parts/],
  ] as const) {
    it(`with ${what} is refused, by name`, () => {
      assert.throws(() => splitProgramText(text), runnerError("INVALID_ARGUMENT", message));
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
    const files = fc.uniqueArray(fc.record({ path: name, text: content }), {
      selector: ({ path }) => path,
      minLength: 1,
      maxLength: 19,
    });
    fc.assert(
      fc.property(files, fc.option(content), fc.boolean(), (others, main, explicit) => {
        const all = [...(main === null ? [] : [aFile("prog.go", main)]), ...others.map(({ path, text }) => aFile(path, text))];
        const text = joinProgramText(all, explicit ? "-- prog.go --\n" : "");
        assert.deepEqual(splitProgramText(text), all);
        assert.equal(joinProgramText(splitProgramText(text), text), text);
      }),
    );
  });

  it("is made of one file exactly as it is, and marks a first prog.go where the original does", () => {
    const files = [aFile("prog.go", "package main"), aFile("a.go", "package main")];
    assert.equal(joinProgramText(files.slice(0, 1)), "package main");
    assert.equal(joinProgramText(files), "package main\n-- a.go --\npackage main\n");
    assert.equal(joinProgramText(files, "old\n-- a.go --\n"), "package main\n-- a.go --\npackage main\n");
    const original = "\n-- prog.go --\nold\n";
    assert.equal(joinProgramText(files, original), "-- prog.go --\npackage main\n-- a.go --\npackage main\n");
    assert.equal(joinProgramText(files.slice(0, 1), original), "-- prog.go --\npackage main\n");
  });

  it("is not made of files that it would not give back", () => {
    for (const [files, message] of [
      [[aFile("prog.go", "/*\n-- a.go --\n*/\n")], /"prog\.go" can't be part of a text: .*"-- a\.go --" would begin another file/],
      [[aFile("a.txt", "x\n-- b --")], /"a\.txt" can't be part of a text: .*"-- b --" would begin another file/],
      [[{ path: "a.txt", content: Uint8Array.of(0x61, 0xff) }], /"a\.txt" can't be part of a text: .*UTF-8/],
      [[aFile(" a.go", "")], /" a\.go" is not allowed: .*white space/],
      [[aFile("a.go", ""), aFile("a.go", "")], /"a\.go" is there twice/],
      [[aFile("../a.go", "")], /"\.\.\/a\.go" is not allowed/],
    ] as const) {
      assert.throws(() => joinProgramText([...files]), runnerError("INVALID_ARGUMENT", message));
    }
  });

  it("of any kind is files, or refused by name", () => {
    const unit = fc.constantFrom("-", "-- ", " --", "\n", "a", "/", ".", "\r", "\u2028", "\\", "-- a.go --\n", "\ud800");
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

  it("without a marker line is one file, whatever it holds", () => {
    const unit = fc.constantFrom("-- a.go --", "-- ", " --", "\n", "\r", "\u2028", "x", "ü");
    const isMarker = (line: string) => /^-- .*[^ ].* --\r?$/su.test(line);
    fc.assert(
      fc.property(
        fc.string({ unit }).filter((text) => !text.split("\n").some(isMarker)),
        (text) => assert.deepEqual(split(text), { "prog.go": text }),
      ),
    );
  });

  it("begins a file where a line, with its end, is a marker", () => {
    const unit = fc.constantFrom("-", " ", "-- ", " --", "\n", "\r", "\r\n", "a", "b", "\u2028", "\u0085");
    const marker = /(?<![^\n])-- ([^\n]*) --(?:\r?\n|$)/g;
    const isBlank = (text: string) => !/\P{White_Space}/u.test(text);
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
        const markers = [...text.matchAll(marker)].filter(([, name = ""]) => !isBlank(name));
        const before = text.slice(0, markers[0]?.index);
        try {
          assert.equal(splitProgramText(text).length, Math.max(1, markers.length + (isBlank(before) ? 0 : 1)));
        } catch (error) {
          if (!(error instanceof RunnerError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
