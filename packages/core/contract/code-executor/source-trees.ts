/** Programs of several files: packages in folders, data, a module of their own. */
import assert from "node:assert/strict";
import { aRequest, program, sourceFiles } from "../programs.js";
import { type Check, text } from "./check.js";

export function sourceTrees(check: Check): void {
  check("a package in a folder is imported below the module's name, which is play where no go.mod says another", async (executor) => {
    const geometry = 'package geometry\n\nimport "fmt"\n\nfunc Area(side int) string { return fmt.Sprint(side * side) }\n';
    const main = (module: string) => program(["fmt", `${module}/shapes/geometry`], "fmt.Println(geometry.Area(3))");
    const trees = [
      { "prog.go": main("play"), "shapes/geometry/area.go": geometry },
      { "go.mod": "module example.com/own\n", "main.go": main("example.com/own"), "shapes/geometry/area.go": geometry },
    ];
    for (const tree of trees) {
      const execution = await executor.execute(aRequest("", { files: sourceFiles(tree) }));
      assert.equal(text(execution.stdout), "9\n", text(execution.stderr));
    }
  });

  check("files that are not Go can be opened where the program starts, and embedded", async (executor) => {
    const read = program(["fmt", "os"], 'data, err := os.ReadFile("data/in.txt")', "fmt.Print(string(data), err)");
    const embed = 'package main\n\nimport _ "embed"\n\n//go:embed data/in.txt\nvar data string\n\nfunc main() { print(data) }\n';
    const files = (code: string) => sourceFiles({ "prog.go": code, "data/in.txt": "one\n" });
    assert.equal(text((await executor.execute(aRequest("", { files: files(read) }))).stdout), "one\n<nil>");
    assert.equal(text((await executor.execute(aRequest("", { files: files(embed) }))).stderr), "one\n");
  });

  check("build constraints choose among several files", async (executor) => {
    const files = sourceFiles({
      "prog.go": "package main\n\nfunc main() { println(where) }\n",
      "where_windows.go": 'package main\n\nconst where = "elsewhere"\n',
      "where_linux.go": 'package main\n\nconst where = "here"\n',
    });
    assert.equal(text((await executor.execute(aRequest("", { files }))).stderr), "here\n");
  });

  check("a mistake in a package is told with the file's whole name", async (executor) => {
    const files = sourceFiles({ "prog.go": program(["play/a/b"], "b.F()"), "a/b/b.go": "package b\n\nfunc F() { undefined() }\n" });
    const { outcome, diagnostics } = await executor.execute(aRequest("", { files }));
    assert.equal(outcome, "compile_error");
    assert.deepEqual(diagnostics, [{ file: "a/b/b.go", line: 3, column: 12, message: "undefined: undefined" }]);
  });

  const modules = {
    "asks for a newer Go": "module play\n\ngo 1.999\n",
    "is none": "modul play\n",
    "has a line of binary": "module play\n\0\x01\n",
    "replaces a module by a path of the host": "module play\n\nrequire example.com/a v1.0.0\n\nreplace example.com/a => /etc\n",
  };
  for (const [what, mod] of Object.entries(modules)) {
    check(`a go.mod that ${what} is a compile error that says so`, async (executor) => {
      const files = sourceFiles({ "go.mod": mod, "prog.go": mod.includes("require") ? program(["example.com/a"], "a.F()") : program([]) });
      const { outcome, stderr } = await executor.execute(aRequest("", { files }));
      assert.equal(outcome, "compile_error");
      assert.match(text(stderr), /go\.mod/);
    });
  }

  check("the go line of a go.mod decides on the language", async (executor) => {
    const loop = "package main\n\nfunc main() {\n\tfor i := range 2 {\n\t\tprintln(i)\n\t}\n}\n";
    const files = (go: string) => sourceFiles({ "go.mod": `module play\n\ngo ${go}\n`, "prog.go": loop });
    const { stderr } = await executor.execute(aRequest("", { files: files("1.21") }));
    assert.match(text(stderr), /prog\.go:4:\d+: cannot range over 2 .*requires go1\.22/);
    assert.equal(text((await executor.execute(aRequest("", { files: files("1.22") }))).stderr), "0\n1\n");
  });
}
