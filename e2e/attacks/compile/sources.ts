/** Sources that ask the compiler for more than it should give: host files, code of others, settings of its own. */
import { encodeUtf8, type SourceFile } from "@gorunner/core";
import { program, sourceFiles } from "@gorunner/core/contract";
import type { Attack } from "../attack.js";
import { usesLinkedModule } from "./linked-module.js";
import { beside, main, one } from "./shapes.js";

const embeds = (pattern: string) =>
  one(`package main\n\nimport _ "embed"\n\n//go:embed ${pattern}\nvar s string\n\nfunc main() { print(s) }\n`);
const linked = (symbol: string, call: string) =>
  one(`package main\n\nimport _ "unsafe"\n\n//go:linkname f ${symbol}\nfunc f(int32)\n\nfunc main() { ${call} }\n`);
const named = (what: string, path: string): Attack => ({
  name: `a file name ${what}`,
  line: "file names",
  request: { files: beside(path) },
  ends: ["refused"],
});
const goMod = (text: string, imports: string[] = []): SourceFile[] => sourceFiles({ "prog.go": program(imports), "go.mod": text });

export const sources: Attack[] = [
  {
    name: 'import "C"',
    line: 'import "C"',
    request: { files: one(program(["C"])) },
    ends: ["compile_error"],
    says: /prog\.go/,
    representative: "once",
  },
  {
    name: "#cgo CFLAGS with a compiler plugin",
    line: "#cgo flags",
    request: { files: one('package main\n\n// #cgo CFLAGS: -fplugin=/tmp/x.so\nimport "C"\n\nfunc main() {}\n') },
    ends: ["compile_error"],
  },
  {
    name: "//go:cgo_ldflag outside cgo",
    line: "//go:cgo_* directives",
    request: { files: one('package main\n\n//go:cgo_ldflag "-Wl,--version"\n\nfunc main() {}\n') },
    ends: ["compile_error"],
    says: /only allowed in cgo-generated code/,
  },
  {
    // The one such directive that is allowed anywhere: the binary then wants a loader and a library of the host.
    name: "//go:cgo_import_dynamic of a library of the host",
    line: "//go:cgo_* directives",
    request: { files: one('package main\n\n//go:cgo_import_dynamic _ _ "libc.so.6"\n\nfunc main() { println("loaded") }\n') },
    ends: ["exit_error", "compile_error"],
    hides: /loaded/,
    control: { without: ["empty root", "system call filter"], says: /^loaded$/m },
  },
  {
    name: "assembly that includes /etc/passwd",
    line: "assembly including a host file",
    request: { files: beside("a.s", '#include "/etc/passwd"\n') },
    ends: ["refused"],
    representative: "once",
  },
  { name: "a header", line: "assembly including a host file", request: { files: beside("a.h") }, ends: ["refused"] },
  { name: "an object", line: "assembly including a host file", request: { files: beside("a.syso") }, ends: ["refused"] },
  {
    name: "//go:embed of a parent",
    line: "//go:embed of ../, absolute, symlink",
    request: { files: embeds("../../etc/passwd") },
    ends: ["compile_error"],
    says: /invalid pattern syntax/,
    representative: "once",
  },
  {
    name: "//go:embed of an absolute path",
    line: "//go:embed of ../, absolute, symlink",
    request: { files: embeds("/etc/passwd") },
    ends: ["compile_error"],
    says: /invalid pattern syntax/,
  },
  {
    // The one way for a link to come: in the zip file of a module. The go command makes a regular file of it.
    name: "//go:embed of symbolic links in a module",
    line: "//go:embed of ../, absolute, symlink",
    request: { files: usesLinkedModule() },
    fetches: true,
    ends: ["ok"],
    says: /^\/etc\/passwd\n\. \nfolder \nfolder\/file\.txt a file\nfolder\/link\.txt (\.\.\/)+etc\/passwd$/m,
    hides: /root:/,
    representative: "once",
  },
  {
    // A link can't be sent: every file is made as a regular one. What a program could embed is what it sent, then.
    name: "//go:embed of all that is there",
    line: "//go:embed of ../, absolute, symlink",
    request: {
      files: sourceFiles({
        "prog.go":
          'package main\n\nimport (\n\t"embed"\n\t"io/fs"\n)\n\n//go:embed all:*\nvar all embed.FS\n\nfunc main() {\n\tfs.WalkDir(all, ".", func(path string, _ fs.DirEntry, _ error) error {\n\t\tprint(path, " ")\n\t\treturn nil\n\t})\n}\n',
        "data/link": "/etc/passwd",
      }),
    },
    ends: ["ok"],
    says: /^\. data data\/link (go\.mod )?prog\.go $/m,
  },
  {
    name: "more source than is allowed",
    line: "huge or many files",
    request: { files: one(main(`// ${"x".repeat(2 ** 20)}`).replace("{}", '{ println("survived") }')) },
    ends: ["refused"],
    hides: /survived/,
    control: { without: "limit", says: /survived/ },
    representative: "once",
  },
  {
    name: "a thousand files",
    line: "huge or many files",
    request: { files: Array.from({ length: 1000 }, (_, index) => ({ path: `f${index}.go`, content: encodeUtf8("package main\n") })) },
    ends: ["refused"],
  },
  {
    name: "//go:linkname to runtime.exit",
    line: "//go:linkname into the runtime",
    request: { files: linked("runtime.exit", "f(0)") },
    ends: ["ok", "compile_error"],
  },
  {
    name: "//go:linkname over a variable of the runtime",
    line: "//go:linkname into the runtime",
    request: {
      files: one('package main\n\nimport _ "unsafe"\n\n//go:linkname v runtime.physPageSize\nvar v uintptr\n\nfunc main() { v = 3 }\n'),
    },
    ends: ["ok", "compile_error", "exit_error"],
  },
  {
    name: "a go.mod with a newer go line",
    line: "go.mod with a newer go or toolchain line",
    request: { files: goMod("module x\n\ngo 1.999\n") },
    ends: ["compile_error"],
    says: /go\.mod requires go >= 1\.999/,
    representative: "once",
  },
  {
    name: "a go.mod that asks for another toolchain",
    line: "go.mod with a newer go or toolchain line",
    request: { files: goMod("module x\n\ntoolchain go1.999.1\n") },
    ends: ["ok", "compile_error"],
  },
  {
    name: "a go.mod that replaces to a host path",
    line: "replace to a host path",
    request: { files: goMod("module x\n\nrequire example.com/a v1.0.0\n\nreplace example.com/a => /etc\n", ["example.com/a"]) },
    ends: ["compile_error"],
    says: /go\.mod/,
  },
  {
    name: "a requirement by git",
    line: "require with git or a private host",
    request: { files: goMod("module x\n\nrequire example.com/a.git v1.0.0\n", ["example.com/a.git"]) },
    ends: ["compile_error", "fetch_error"],
  },
  {
    name: "a requirement from a host of the private network",
    line: "require with git or a private host",
    request: { files: goMod("module x\n\nrequire 10.0.0.1/a v1.0.0\n", ["10.0.0.1/a"]) },
    ends: ["compile_error", "fetch_error"],
  },
  {
    name: "a workspace",
    line: "go.work, vendor, tool directives",
    request: { files: beside("go.work", "go 1.24\n\nuse /\n") },
    ends: ["refused"],
  },
  {
    name: "vendored packages",
    line: "go.work, vendor, tool directives",
    request: { files: beside("vendor/modules.txt") },
    ends: ["refused"],
  },
  {
    name: "a tool directive",
    line: "go.work, vendor, tool directives",
    request: { files: goMod("module x\n\ngo 1.24\n\ntool example.com/evil\n") },
    ends: ["ok", "compile_error"],
  },
  { ...named("with ..", "a/../../x.go"), representative: "once" },
  named("that is absolute", "/etc/x.go"),
  named("with a NUL", "a\0.go"),
  named("with a newline", "a\n.go"),
  named("like an option", "-toolexec=x.go"),
  named("that differs from another in case", "PROG.go"),
];
