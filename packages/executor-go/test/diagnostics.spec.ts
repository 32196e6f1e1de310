import assert from "node:assert/strict";
import fc from "fast-check";
import { cleanBuildOutput, parseDiagnostics } from "../src/build/diagnostics.js";

describe("build output", () => {
  it("loses the package header and the temporary paths, and nothing else", () => {
    const output = "# command-line-arguments\n./prog.go:5:2: undefined: foo\n/tmp/src/prog.go:6:1: x\n\t./prog.go:1:1: other declaration\n";
    assert.equal(cleanBuildOutput(output), "prog.go:5:2: undefined: foo\nprog.go:6:1: x\n\tprog.go:1:1: other declaration\n");
  });

  it("names no directory of the toolchain, and no package that the user did not name", () => {
    for (const [said, told] of [
      ["prog.go:3:8: package fmtt is not in std (/usr/local/go/src/fmtt)\n", "prog.go:3:8: package fmtt is not in std\n"],
      [
        "package command-line-arguments\n\tprog.go:2:8: use of internal package internal/abi not allowed\n",
        "prog.go:2:8: use of internal package internal/abi not allowed\n",
      ],
      ["-buildmode=exe requires exactly one main package\n", "a program has to be of package main\n"],
    ] as const) {
      assert.equal(cleanBuildOutput(said), told);
    }
  });

  it("shows control characters instead of sending them to a terminal", () => {
    assert.equal(cleanBuildOutput("prog.go:1:1: \x1b[2J\x07\x9b\tx\n"), "prog.go:1:1: \\x1b[2J\\x07\\x9b\tx\n");
  });

  it("is about the go.mod where it says so, and about modules by their own paths", () => {
    assert.deepEqual(parseDiagnostics("go: go.mod requires go >= 1.999 (running go1.26)\n"), [
      { file: "go.mod", message: "requires go >= 1.999 (running go1.26)" },
    ]);
    for (const place of ["../../modules/", "/modules/"]) {
      assert.equal(cleanBuildOutput(`${place}a.example/b@v1.2.3/c.go:1:2: x\n`), "a.example/b@v1.2.3/c.go:1:2: x\n");
    }
  });

  it("becomes diagnostics with their places", () => {
    const output =
      "prog.go:5:2: undefined: foo\nprog.go:7:9: x redeclared in this block\n\tprog.go:3:5: other declaration of x\ntoo many errors\n";
    assert.deepEqual(parseDiagnostics(output), [
      { file: "prog.go", line: 5, column: 2, message: "undefined: foo" },
      { file: "prog.go", line: 7, column: 9, message: "x redeclared in this block" },
      { file: "prog.go", line: 3, column: 5, message: "other declaration of x" },
      { message: "too many errors" },
    ]);
  });

  it("an indented line without a place belongs to the message above it", () => {
    const output = "prog.go:4:8: cannot use x as I value\n\thave M()\n\twant M(int)\n";
    assert.deepEqual(parseDiagnostics(output), [
      { file: "prog.go", line: 4, column: 8, message: "cannot use x as I value\nhave M()\nwant M(int)" },
    ]);
  });

  it("several lines about one thing are one message", () => {
    const cycle = "package play\n\timports play/a from prog.go\n\timports play/a from a.go: import cycle not allowed\n";
    assert.deepEqual(parseDiagnostics(cycle), [
      { message: "package play\nimports play/a from prog.go\nimports play/a from a.go: import cycle not allowed" },
    ]);
    assert.deepEqual(parseDiagnostics("go: errors parsing go.mod:\ngo.mod:1: unknown directive: modul\n"), [
      { file: "go.mod", line: 1, message: "unknown directive: modul" },
    ]);
    const nameless =
      "go: error reading go.mod: missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod\n";
    assert.deepEqual(parseDiagnostics(nameless), [
      { file: "go.mod", message: "missing module declaration. To specify the module path:\ngo mod edit -module=example.com/mod" },
    ]);
  });

  it("of any text is never an exception", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", ".go", ":", "1", "\n", "\t", " ", "./", "# ") }), (text) => {
        for (const { message } of parseDiagnostics(cleanBuildOutput(text))) assert.equal(typeof message, "string");
      }),
    );
  });
});
