/** Programs that two ways to build and link could tell apart, and what must be the same of them. */
import assert from "node:assert/strict";
import type { Execution } from "@gorunner/core";
import { program } from "@gorunner/core/contract";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

export const corpus: Record<string, string> = {
  "a plain program": program(["fmt"], 'fmt.Println("plain")'),
  "no import": program([], 'println("to stderr")'),
  "many packages": program(
    ["encoding/json", "fmt", "net/http", "os", "sort"],
    "data, _ := json.Marshal(http.StatusOK)",
    "fmt.Println(string(data), len(os.Args))",
    "sort.Ints(nil)",
  ),
  "a panic with its trace": 'package main\n\nfunc f(n int) { if n == 0 { panic("bottom") }; f(n - 1) }\n\nfunc main() { f(3) }\n',
  "a runtime error": program([], "var p *int", "println(*p)"),
  "an exit code": program(["os"], "os.Exit(7)"),
  "build information": program(["fmt", "runtime/debug"], "info, ok := debug.ReadBuildInfo()", "fmt.Println(ok, info)"),
  "the runtime's version and root": program(
    ["fmt", "runtime"],
    'fmt.Println(runtime.Version(), runtime.GOROOT() == "")',
    "_, file, line, _ := runtime.Caller(0)",
    "fmt.Println(file, line)",
  ),
  "an unknown name": program([], "foo()"),
  "an unused import": program(["fmt"]),
  "an unused variable": program([], "x := 1"),
  "many mistakes": program([], ...Array.from({ length: 15 }, (_, index) => `undefined${index}()`)),
  "a type error with details":
    "package main\n\ntype I interface{ M(int) }\ntype T struct{}\n\nfunc (T) M() {}\n\nvar _ I = T{}\n\nfunc main() {}\n",
  "a redeclaration": "package main\n\nvar x int\nvar x string\n\nfunc main() {}\n",
  "an import cycle of constants": "package main\n\nconst a = b\nconst b = a\n\nfunc main() {}\n",
  "no main": "package main\n",
  "main with arguments": "package main\n\nfunc main(x int) {}\n",
  "another package": "package other\n\nfunc main() {}\n",
  "no package clause": "func main() {}\n",
  "a syntax error": "package main\n\nfunc main() {\n\tif {\n}\n",
  "a syntax error among imports": 'package main\n\nimport "fmt" "os"\n\nfunc main() {}\n',
  "an unclosed string": 'package main\n\nfunc main() { println("open }\n',
  "an import that is not there": program(["no/such"]),
  "a third-party import": program(["example.com/a/b"]),
  "an internal import": program(["internal/abi"]),
  "a vendored import": program(["vendor/golang.org/x/net/http/httpguts"]),
  "a relative import": program(["./other"]),
  "an empty import": program([""]),
  C: program(["C"]),
  unsafe: 'package main\n\nimport "unsafe"\n\nfunc main() { println(unsafe.Sizeof(0)) }\n',
  "an import spelled with escapes": 'package main\n\nimport "f\\x6dt"\n\nfunc main() { fmt.Println("escaped") }\n',
  "a raw import": "package main\n\nimport `fmt`\n\nfunc main() { fmt.Println(1) }\n",
  "an import twice": program(["fmt", "fmt"], "fmt.Println()"),
  "a dot import and a renamed one": 'package main\n\nimport . "fmt"\nimport s "strings"\n\nfunc main() { Println(s.ToUpper("x")) }\n',
  "go:embed of itself":
    'package main\n\nimport _ "embed"\n\n//go:embed prog.go\nvar source string\n\nfunc main() { println(len(source)) }\n',
  "go:embed of a parent": 'package main\n\nimport _ "embed"\n\n//go:embed ../etc/passwd\nvar source string\n\nfunc main() {}\n',
  "go:debug": "//go:debug panicnil=1\npackage main\n\nfunc main() { defer func() { println(recover() == nil) }(); panic(nil) }\n",
  "go:debug that is none": "//go:debug nonsense=1\npackage main\n\nfunc main() {}\n",
  "go:build that excludes it": "//go:build windows\n\npackage main\n\nfunc main() { println(1) }\n",
  "go:build with an older language": "//go:build go1.17\n\npackage main\n\nfunc f[T any]() {}\n\nfunc main() { f[int]() }\n",
  "go:linkname": 'package main\n\nimport _ "unsafe"\n\n//go:linkname now time.now\nfunc now() (int64, int32, int64)\n\nfunc main() {}\n',
  "go:linkname into the runtime":
    'package main\n\nimport _ "unsafe"\n\n//go:linkname fatal runtime.fatal\nfunc fatal(string)\n\nfunc main() { fatal("x") }\n',
  "line directives": "package main\n\nfunc main() {\n//line other.go:100\n\tfoo()\n}\n",
  "a byte order mark": "\ufeffpackage main\n\nfunc main() { println(1) }\n",
  "carriage returns": "package main\r\n\r\nfunc main() { println(`a\r\nb`) }\r\n",
  "generics and iterators":
    "package main\n\nfunc seq[T any](all ...T) func(func(T) bool) { return func(y func(T) bool) { for _, x := range all { if !y(x) { return } } } }\n\nfunc main() { for x := range seq(1, 2) { println(x) } }\n",
  "an empty file but for a comment": "// nothing\n",
};

/** Programs of several files, which are built in module mode. */
export const trees: Record<string, Record<string, string>> = {
  "two files": { "prog.go": "package main\n\nfunc main() { other() }\n", "other.go": "package main\n\nfunc other() { println(1) }\n" },
  "a panic in another file": {
    "prog.go": "package main\n\nfunc main() { other() }\n",
    "other.go": 'package main\n\nfunc other() { panic("there") }\n',
  },
  "the place of the source": {
    "prog.go": program(["fmt", "runtime"], "_, file, line, _ := runtime.Caller(0)", "fmt.Println(file, line)"),
    "data.txt": "",
  },
  "build information": {
    "prog.go": program(["fmt", "runtime/debug"], "info, ok := debug.ReadBuildInfo()", "fmt.Println(ok, info)"),
    "data.txt": "",
  },
  "a mistake in another file": { "prog.go": program([]), "other.go": "package main\n\nfunc other() { undefined() }\n" },
  "mistakes in both": { "b.go": program([], "undefined1()"), "a.go": "package main\n\nfunc other() { undefined2() }\n" },
  "main twice": { "b.go": program([]), "a.go": program([]) },
  "two packages in one folder": { "b.go": program([]), "a.go": "package other\n" },
  "a test file beside": { "prog.go": program([], "println(1)"), "prog_test.go": "package main\n\nvar x = undefined\n" },
  "a file for another system": { "prog.go": program([], "println(1)"), "a_windows.go": "package main\n\nvar x = undefined\n" },
  "a constraint that excludes": { "prog.go": program([], "println(1)"), "a.go": "//go:build ignore\n\npackage other\n" },
  "a constraint of the old kind, with blanks and without": {
    "prog.go": program([], "println(1)"),
    "a.go": "//+build ignore\n\npackage main\n\nfunc main() {}\n",
    "b.go": "//\t+build ignore\n\npackage main\n\nfunc main() {}\n",
    "c.go": "\n  //   +build ignore\n\npackage main\n\nfunc main() {}\n",
  },
  "a package of its own": { "prog.go": program(["play/a"], "println(a.A)"), "a/a.go": "package a\n\nconst A = 1\n" },
  "a package that is not there": { "prog.go": program(["play/b"]), "a/a.go": "package a\n" },
  "a package that nobody imports": { "prog.go": program([], "println(1)"), "a/a.go": "package a\n\nvar x = undefined\n" },
  "an import cycle": {
    "prog.go": program(["play/a"]),
    "a/a.go": 'package a\n\nimport _ "play/b"\n',
    "b/b.go": 'package b\n\nimport _ "play/a"\n',
  },
  "an internal package of its own": {
    "prog.go": program(["play/internal/a"], "a.F()"),
    "internal/a/a.go": "package a\n\nfunc F() { println(1) }\n",
  },
  "a file in testdata": { "prog.go": program([], "println(1)"), "testdata/x.go": "package broken {\n" },
  "no Go file at the root": { "a/a.go": "package a\n" },
  "a go.mod": { "prog.go": program([], "println(1)"), "go.mod": "module example.com/x\n" },
  "a go.mod with older loops": {
    "prog.go":
      "package main\n\nfunc main() {\n\tvar all []func()\n\tfor i := 0; i < 3; i++ {\n\t\tall = append(all, func() { println(i) })\n\t}\n\tfor _, f := range all {\n\t\tf()\n\t}\n}\n",
    "go.mod": "module x\n\ngo 1.21\n",
  },
};

export function tell(execution: Execution | undefined) {
  assert.ok(execution !== undefined);
  const { outcome, exitCode, signal, stdout, stderr, diagnostics } = execution;
  // Addresses differ from run to run.
  return { outcome, exitCode, signal, stdout: text(stdout), stderr: text(stderr).replace(/0x[0-9a-f]+/g, "0x"), diagnostics };
}
