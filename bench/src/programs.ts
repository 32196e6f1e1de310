/** The programs that are measured. Each prints its `word`, so that an answer is known to be that program's own. */

const epoch = Date.now().toString(36);
let count = 0;

/** A word that no program has printed before, in this run or another: what makes a source never seen. */
function freshWord(): string {
  count += 1;
  return `w${epoch}x${count}`;
}

export interface Program {
  code: string;
  output: string;
}

export const hello = (word = freshWord()): Program => ({
  code: `package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("Hello ${word}")\n}\n`,
  output: `Hello ${word}\n`,
});

/** What people send beside hello worlds, each told by how its answer ends: several files, tests, mistakes, limits. */
export const others: { code: string; says: RegExp }[] = [
  {
    code: 'package main\n\nimport "play/a"\n\nfunc main() { println(a.A) }\n-- a/a.go --\npackage a\n\nconst A = "packages"\n',
    says: /^packages\n$/,
  },
  { code: 'package main\n\nimport "testing"\n\nfunc TestIt(t *testing.T) { t.Fatal("no") }\n', says: /\nFAIL\n[\s\S]*exit status 1$/ },
  { code: "package main\n\nfunc main() { undefined() }\n", says: /^prog\.go:3:15: undefined: undefined\n$/ },
  { code: 'package main\n\nfunc main() { panic("oh") }\n', says: /^panic: oh\n[\s\S]*exit status 2$/ },
  { code: 'package main\n\nfunc main() { for { println("flood") } }\n', says: /output limit of 1 MiB exceeded$/ },
  {
    code: "package main\n\nfunc main() { var all [][]byte; for { b := make([]byte, 1<<24); for i := range b { b[i] = 1 }; all = append(all, b) } }\n",
    says: /memory limit of 256 MiB exceeded$/,
  },
  {
    code: "package main\n\nfunc main() { for range 100_000 { go func() { select {} }() }; select {} }\n",
    says: /exit status 2$|exceeded$/,
  },
];

/** A server and a client in one program, over loopback. */
export const httpProgram = (word = freshWord()): Program => ({
  code: `package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "${word} ", r.URL.Path)
	}))
	defer server.Close()
	response, err := http.Get(server.URL + "/path")
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(body))
}
`,
  output: `${word} /path\n`,
});

/** About `bytes` of source, all of which is compiled and kept by the linker. */
export function ofSourceBytes(bytes: number): Program {
  const { code, output } = hello();
  let functions = "";
  let calls = "";
  for (let index = 0; code.length + functions.length + calls.length < bytes; index++) {
    functions += `func f${index}(x int) int {\n\tif x%${index + 2} == 0 {\n\t\treturn x*${index} + 1\n\t}\n\treturn x - ${index}\n}\n\n`;
    calls += `\tsum += f${index}(sum)\n`;
  }
  const main = calls === "" ? "" : `var sum = 1\n\n${functions}func init() {\n${calls}}\n`;
  return { code: `${code}\n${main}`, output };
}

/** Packages that programs import, the lighter ones first. */
const importable = [
  "errors strings strconv sort time math bytes os io bufio unicode sync context regexp encoding/json text/template",
  "math/big math/rand container/heap encoding/base64 encoding/hex encoding/csv encoding/xml encoding/gob crypto/sha256 crypto/rand",
  "compress/gzip archive/zip html/template image/png go/ast go/parser go/format log/slog net/url net/http net/http/httptest database/sql testing",
]
  .join(" ")
  .split(" ");

export const mostImports = importable.length + 1;

/** With so many imports, `fmt` among them. */
export function importing(imports: number): Program {
  const { code, output } = hello();
  const others = importable.slice(0, imports - 1).map((path) => `import _ "${path}"\n`);
  return { code: code.replace('import "fmt"\n', (fmt) => fmt + others.join("")), output };
}

/** Prints so many bytes; the same source for the same number. */
export const printing = (bytes: number): Program => ({
  code: `package main\n\nimport (\n\t"os"\n\t"strings"\n)\n\nfunc main() {\n\tos.Stdout.WriteString(strings.Repeat("x", ${bytes}))\n}\n`,
  output: "x".repeat(bytes),
});
