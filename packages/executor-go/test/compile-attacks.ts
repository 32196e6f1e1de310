/** Programs that attack the compilation: what they send, and how that may end. */
import { encodeUtf8, type Outcome, type SourceFile } from "@gorunner/core";
import { program, sourceFiles } from "@gorunner/core/contract";

export interface Attack {
  files: SourceFile[];
  /** `refused`: INVALID_ARGUMENT, before anything is started. More than one where the machine's speed decides. */
  ends: (Outcome | "refused")[];
  /** What the answer has to say. */
  says?: RegExp;
  /** What it must not say. */
  hides?: RegExp;
}

const one = (code: string): SourceFile[] => sourceFiles({ "prog.go": code });
const beside = (path: string, content = ""): SourceFile[] => sourceFiles({ "prog.go": program([]), [path]: content });
const many = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join("\n");
const main = (...declarations: string[]) => `package main\n\n${declarations.join("\n")}\n\nfunc main() {}\n`;

const terminalEscape = /\p{Cc}\[/u;

/** What a limit of the build is. */
const stopped = ["build_timeout", "build_limit"] as const satisfies Outcome[];

export const compileAttacks: Record<string, Attack> = {
  'import "C"': { files: one(program(["C"])), ends: ["compile_error"], says: /prog\.go/ },
  "#cgo flags": {
    files: one('package main\n\n// #cgo CFLAGS: -fplugin=/tmp/x.so\nimport "C"\n\nfunc main() {}\n'),
    ends: ["compile_error"],
  },
  "//go:cgo_* directives": {
    files: one('package main\n\n//go:cgo_ldflag "-Wl,--version"\n\nfunc main() {}\n'),
    ends: ["compile_error"],
    says: /only allowed in cgo-generated code/,
  },
  // The one such directive that is allowed anywhere: the binary then wants a loader and a library of the host.
  "a library of the host": {
    files: one('package main\n\n//go:cgo_import_dynamic _ _ "/lib64/libc.so.6"\n\nfunc main() {}\n'),
    ends: ["exit_error", "compile_error"],
  },
  "assembly that includes a host file": { files: beside("a.s", '#include "/etc/passwd"\n'), ends: ["refused"] },
  "a header": { files: beside("a.h"), ends: ["refused"] },
  "an object": { files: beside("a.syso"), ends: ["refused"] },
  "go:embed of a parent": {
    files: one('package main\n\nimport _ "embed"\n\n//go:embed ../../etc/passwd\nvar s string\n\nfunc main() { print(s) }\n'),
    ends: ["compile_error"],
    says: /invalid pattern syntax/,
  },
  "go:embed of an absolute path": {
    files: one('package main\n\nimport _ "embed"\n\n//go:embed /etc/passwd\nvar s string\n\nfunc main() { print(s) }\n'),
    ends: ["compile_error"],
    says: /invalid pattern syntax/,
  },
  "more source than is allowed": { files: one(`// ${"x".repeat(2 ** 20)}\n`), ends: ["refused"] },
  "a thousand files": {
    files: Array.from({ length: 1000 }, (_, index) => ({ path: `f${index}.go`, content: encodeUtf8("package main\n") })),
    ends: ["refused"],
  },
  "go:linkname into the runtime": {
    files: one('package main\n\nimport _ "unsafe"\n\n//go:linkname exit runtime.exit\nfunc exit(int32)\n\nfunc main() { exit(0) }\n'),
    ends: ["ok", "compile_error"],
  },
  "a go.mod with a newer go line": {
    files: beside("go.mod", "module x\n\ngo 1.999\n"),
    ends: ["compile_error"],
    says: /go\.mod requires go >= 1\.999/,
  },
  "a go.mod that asks for another toolchain": {
    files: beside("go.mod", "module x\n\ntoolchain go1.999.1\n"),
    ends: ["ok", "compile_error"],
  },
  "a go.mod that replaces to a host path": {
    files: sourceFiles({
      "prog.go": program(["example.com/a"]),
      "go.mod": "module x\n\nrequire example.com/a v1.0.0\n\nreplace example.com/a => /etc\n",
    }),
    ends: ["compile_error"],
    says: /go\.mod/,
  },
  "a requirement by git": {
    files: sourceFiles({ "prog.go": program(["example.com/a.git"]), "go.mod": "module x\n\nrequire example.com/a.git v1.0.0\n" }),
    ends: ["compile_error", "fetch_error"],
  },
  "a workspace": { files: beside("go.work", "go 1.24\n\nuse /\n"), ends: ["refused"] },
  "vendored packages": { files: beside("vendor/modules.txt"), ends: ["refused"] },
  "a tool directive": { files: beside("go.mod", "module x\n\ngo 1.24\n\ntool example.com/evil\n"), ends: ["ok", "compile_error"] },
  "a name with ..": { files: beside("a/../../x.go"), ends: ["refused"] },
  "an absolute name": { files: beside("/etc/x.go"), ends: ["refused"] },
  "a name with a NUL": { files: beside("a\0.go"), ends: ["refused"] },
  "a name with a newline": { files: beside("a\n.go"), ends: ["refused"] },
  "a name like an option": { files: beside("-toolexec=x.go"), ends: ["refused"] },
  "names that differ in case": { files: beside("PROG.go"), ends: ["refused"] },
  "a constant string doubled thirty times": {
    files: one(
      main(
        'const s0 = "0123456789"',
        many(30, (index) => `const s${index + 1} = s${index} + s${index}`),
        "var _ = len(s30)",
      ),
    ),
    ends: [...stopped, "compile_error"],
  },
  "a comparison of structs nested twenty-five deep": {
    files: one(
      `package main\n\ntype t0 struct{ a, b int }\n${many(25, (index) => `type t${index + 1} struct{ a, b t${index} }`)}\n\nvar x, y *t25\n\nfunc main() { println(*x == *y) }\n`,
    ),
    ends: [...stopped, "compile_error"],
  },
  "an array of 512 MB with a last byte": {
    files: one("package main\n\nvar a = [1 << 29]byte{1<<29 - 1: 1}\n\nfunc main() { println(a[1]) }\n"),
    ends: [...stopped],
  },
  "900,000 parentheses": {
    files: one(`package main\n\nvar x = ${"(".repeat(450_000)}1${")".repeat(450_000)}\n\nfunc main() {}\n`),
    ends: ["compile_error", ...stopped],
  },
  "900,000 parentheses among tests": {
    files: one(`package main\n\nvar x = ${"(".repeat(450_000)}1${")".repeat(450_000)}\n\nfunc TestX() {}\n`),
    ends: ["compile_error", ...stopped],
  },
  "recursive generic interfaces that hang the type checker": {
    // https://go.dev/issue/78341
    files: one(main("type I[T any] interface{ M() interface{ I[*T] } }")),
    ends: [...stopped, "compile_error"],
  },
  "one function of 200 KB": {
    files: one(`package main\n\nfunc main() {\n\tx := 0\n${many(16_000, (index) => `\tx += ${index}`)}\n\tprintln(x)\n}\n`),
    ends: ["ok", ...stopped],
  },
  "a map literal of 900 KB": {
    files: one(
      `package main\n\nvar m = map[int]string{\n${many(50_000, (index) => `\t${index}: "${index}",`)}\n}\n\nfunc main() { println(len(m)) }\n`,
    ),
    ends: ["ok", ...stopped],
  },
  "100,000 mistakes": { files: one(main(many(100_000, () => "x y"))), ends: ["compile_error"] },
  "terminal escapes in an identifier": {
    files: one("package main\n\nfunc main() { \u001b[31mred() }\n"),
    ends: ["compile_error"],
    hides: terminalEscape,
  },
  "terminal escapes in a string that is wrong": {
    files: one('package main\n\nfunc main() { var x int = "\\u001b]0;title\\u0007" + "\u001b[2J"; _ = x }\n'),
    ends: ["compile_error"],
    hides: terminalEscape,
  },
  "a line directive with escapes and a host path": {
    files: one("package main\n\n//line /etc/\u001b[2Jpasswd:1\nfunc main() { undefined() }\n"),
    ends: ["compile_error"],
    hides: terminalEscape,
  },
};
