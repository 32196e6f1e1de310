import assert from "node:assert/strict";
import { type CodeFormatter, encodeUtf8, type FormatRequest, type Formatted } from "@gorunner/core";
import { isError, text } from "./code-executor/check.js";
import { sourceFiles } from "./programs.js";
import { casesOn, type It, type Opened } from "./suite.js";

/** Every rule of {@link CodeFormatter}. `open` gives a formatter that takes at least 64 KiB of source. */
export function codeFormatterContract(it: It, open: () => Promise<Opened<CodeFormatter>>): void {
  const check = casesOn(it, open);

  check("source is laid out as gofmt does", async (formatter) => {
    const formatted = await formatter.format({
      files: sourceFiles({ "prog.go": "package main\nfunc  main ( ) {\nx:=[]int {1,\n2}\n_=x;}" }),
    });
    assert.deepEqual(told(formatted), ["ok", { "prog.go": "package main\n\nfunc main() {\n\tx := []int{1,\n\t\t2}\n\t_ = x\n}\n" }, []]);
  });

  check("each Go file of several, and go.mod, is; data stays as it is", async (formatter) => {
    const files = {
      "z.go": "package main\nvar  z int",
      "a/b.go": "package a\nvar  b int",
      "go.mod": "module   x\ngo 1.20\nrequire   a.b/c v1.0.0",
      "data.txt": " var  x ",
    };
    assert.deepEqual(told(await formatter.format({ files: sourceFiles(files) })), [
      "ok",
      {
        "z.go": "package main\n\nvar z int\n",
        "a/b.go": "package a\n\nvar b int\n",
        "go.mod": "module x\n\ngo 1.20\n\nrequire a.b/c v1.0.0\n",
        "data.txt": " var  x ",
      },
      [],
    ]);
  });

  check("mistakes are told by place, in every file, and nothing is changed", async (formatter) => {
    const files = {
      "a.go": "package main\nfunc main( {\n",
      "b.go": "package main\nvar x = = 3\n",
      "c.go": "package  main\n",
      "go.mod": "modul x\n",
    };
    const formatted = await formatter.format({ files: sourceFiles(files) });
    const [outcome, contents, diagnostics] = told(formatted);
    assert.deepEqual([outcome, contents], ["compile_error", files]);
    assert.deepEqual([...diagnostics].sort(), ["a.go:2", "b.go:2", "go.mod:1"], JSON.stringify(formatted.diagnostics));
    assert.match(formatted.diagnostics.find(({ file }) => file === "go.mod")?.message ?? "", /modul/);
  });

  check("mistakes are told where they stand, whatever a line directive says", async (formatter) => {
    const files = sourceFiles({
      "a.go": "//line foo.go:100\npackage main\n\nfunc main() { x( }\n",
      "b.go": "package main\n\n/*line bar.go:7:3*/ func main() { x( }\n",
    });
    for (const fixImports of [false, true]) {
      const { diagnostics } = await formatter.format({ files, fixImports });
      assert.deepEqual(
        diagnostics.map(({ file, line, column }) => `${file}:${line}:${column}`),
        ["a.go:4:18", "b.go:3:38"],
      );
    }
  });

  check("bytes that are not UTF-8 are a mistake with a place, or kept", async (formatter) => {
    const content = Buffer.concat([Buffer.from("package main\n\n// "), Buffer.from([0xff]), Buffer.from("\n")]);
    const { outcome, files, diagnostics } = await formatter.format({ files: [{ path: "prog.go", content }] });
    if (outcome === "ok") assert.deepEqual(Buffer.from(files[0]?.content ?? []), content);
    else assert.equal(diagnostics[0]?.line, 3);
  });

  const imports: [what: string, before: string, after: string][] = [
    [
      "adds what is missing",
      "package main\n\nfunc main() { fmt.Println(strings.ToUpper(os.Args[0])) }\n",
      'package main\n\nimport (\n\t"fmt"\n\t"os"\n\t"strings"\n)\n\nfunc main() { fmt.Println(strings.ToUpper(os.Args[0])) }\n',
    ],
    [
      "adds to a program of one line",
      'package main; func main() { fmt.Println("x") }\n',
      'package main\n\nimport (\n\t"fmt"\n)\n\nfunc main() { fmt.Println("x") }\n',
    ],
    [
      "adds behind a comment to the package's name",
      "package main // of its own\n\nfunc main() { fmt.Println() }\n",
      'package main // of its own\n\nimport (\n\t"fmt"\n)\n\nfunc main() { fmt.Println() }\n',
    ],
    ["adds unsafe", "package main\n\nvar x = unsafe.Sizeof(0)\n", 'package main\n\nimport (\n\t"unsafe"\n)\n\nvar x = unsafe.Sizeof(0)\n'],
    [
      "adds to what is there",
      'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(strings.ToUpper("")) }\n',
      'package main\n\nimport (\n\t"fmt"\n\t"strings"\n)\n\nfunc main() { fmt.Println(strings.ToUpper("")) }\n',
    ],
    [
      "takes out what is unused, and keeps comments",
      'package main\n\n// What we need.\nimport (\n\t"fmt" // to print\n\t"os"\n)\n\nfunc main() { fmt.Println() }\n',
      'package main\n\n// What we need.\nimport (\n\t"fmt" // to print\n)\n\nfunc main() { fmt.Println() }\n',
    ],
    ["takes out the last one", 'package main\n\nimport "os"\n\nfunc main() {}\n', "package main\n\nfunc main() {}\n"],
    [
      "leaves other modules' packages, blank and dot imports alone",
      'package main\n\nimport (\n\t. "fmt"\n\t_ "net/http/pprof"\n\n\t"example.com/unused"\n)\n\nfunc main() { Println() }\n',
      'package main\n\nimport (\n\t. "fmt"\n\t_ "net/http/pprof"\n\n\t"example.com/unused"\n)\n\nfunc main() { Println() }\n',
    ],
    [
      "takes the package that exports what is used",
      "package main\n\nfunc main() { rand.Intn(3) }\n",
      'package main\n\nimport (\n\t"math/rand"\n)\n\nfunc main() { rand.Intn(3) }\n',
    ],
    [
      "takes strong randomness where both would do",
      "package main\n\nfunc main() { rand.Read(nil) }\n",
      'package main\n\nimport (\n\t"crypto/rand"\n)\n\nfunc main() { rand.Read(nil) }\n',
    ],
    [
      "imports nothing for names that are declared, here or nowhere",
      "package main\n\nvar json struct{ X int }\n\nfunc main() { var fmt struct{ Y int }; _, _ = json.X, fmt.Y; nothing.Like() }\n",
      "package main\n\nvar json struct{ X int }\n\nfunc main() { var fmt struct{ Y int }; _, _ = json.X, fmt.Y; nothing.Like() }\n",
    ],
    [
      "knows an import by the name that the file gives it",
      'package main\n\nimport str "strings"\n\nfunc main() { str.ToUpper("") }\n',
      'package main\n\nimport str "strings"\n\nfunc main() { str.ToUpper("") }\n',
    ],
  ];
  for (const [what, before, after] of imports) {
    check(`fixing imports ${what}`, async (formatter) => {
      const formatted = await formatter.format({ files: sourceFiles({ "prog.go": before }), fixImports: true });
      assert.deepEqual(told(formatted), ["ok", { "prog.go": after }, []]);
    });
  }

  check("fixing imports imports nothing for what another file of the package declares", async (formatter) => {
    const files = {
      "prog.go": "package main\n\nfunc main() { json.Marshal() }\n",
      "json.go": "package main\n\nvar json T\n\ntype T struct{}\n\nfunc (T) Marshal() {}\n",
    };
    assert.deepEqual(told(await formatter.format({ files: sourceFiles(files), fixImports: true })), ["ok", files, []]);
  });

  check("a nesting bomb ends in an outcome, and the next source is formatted", async (formatter) => {
    const bomb = `package main\n\nvar x = ${"(".repeat(30_000)}1${")".repeat(30_000)}\n`;
    const { outcome } = await formatter.format({ files: sourceFiles({ "prog.go": bomb }) });
    assert.ok(outcome !== undefined);
    assert.equal((await formatter.format({ files: sourceFiles({ "prog.go": "package main\n" }) })).outcome, "ok");
  });

  const refused: [string, FormatRequest][] = [
    ["no file", { files: [] }],
    ["a name that escapes", { files: [{ path: "../prog.go", content: encodeUtf8("package main\n") }] }],
  ];
  for (const [what, request] of refused) {
    check(`${what} is refused`, async (formatter) => {
      await assert.rejects(formatter.format(request), isError("INVALID_ARGUMENT"));
    });
  }

  check("one that was cancelled before it began rejects with the reason", async (formatter) => {
    const signal = AbortSignal.abort(new Error("too late"));
    await assert.rejects(formatter.format({ files: sourceFiles({ "prog.go": "package main\n" }) }, { signal }), isError("CANCELLED"));
  });
}

function told({ outcome, files, diagnostics }: Formatted): [string, Record<string, string>, string[]] {
  const contents = Object.fromEntries(files.map(({ path, content }) => [path, text(content)]));
  return [outcome, contents, diagnostics.filter(({ line }) => line !== undefined).map(({ file, line }) => `${file}:${line}`)];
}
