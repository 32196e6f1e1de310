/** Small sources that cost the compiler, vet or gofmt much; and what poisons what is kept for others. */
import type { Outcome } from "@gorunner/core";
import { program, sourceFiles } from "@gorunner/core/contract";
import type { Attack } from "../attack.js";
import { main, many, one } from "./shapes.js";
import { standardPackages } from "./standard-packages.js";

const terminalEscape = /\p{Cc}\[/u;

/** What a limit of the build is. */
const stopped = ["build_timeout", "build_limit"] as const satisfies Outcome[];
/** Enough for what ends by itself on a slow machine; the rest is there to be stopped. */
const limits = { buildTimeoutMs: 4_000 };

const bomb = (name: string, line: Attack["line"], code: string, ends: Attack["ends"]): Attack => ({
  name,
  line,
  request: { files: one(code), limits },
  ends,
});

const parentheses = (declaration: string) =>
  `package main\n\nvar x = ${"(".repeat(450_000)}1${")".repeat(450_000)}\n\nfunc ${declaration} {}\n`;
const doubled = many(30, (index) => `const s${index + 1} = s${index} + s${index}`);
const nested = many(25, (index) => `type t${index + 1} struct{ a, b t${index} }`);

export const bombs: Attack[] = [
  bomb("a constant string doubled thirty times", "const-string doubling", main('const s0 = "0123456789"', doubled, "var _ = len(s30)"), [
    ...stopped,
    "compile_error",
  ]),
  bomb(
    "a comparison of structs nested twenty-five deep",
    "nested struct comparison",
    `package main\n\ntype t0 struct{ a, b int }\n${nested}\n\nvar x, y *t25\n\nfunc main() { println(*x == *y) }\n`,
    [...stopped, "compile_error"],
  ),
  {
    ...bomb(
      "an array of 512 MB with a last byte",
      "a large array with a last byte",
      "package main\n\nvar a = [1 << 29]byte{1<<29 - 1: 1}\n\nfunc main() { println(a[1]) }\n",
      [...stopped],
    ),
    representative: "once",
  },
  bomb("900,000 parentheses", "900,000 parentheses", parentheses("main()"), ["compile_error", ...stopped]),
  bomb("900,000 parentheses among tests", "900,000 parentheses", parentheses("TestX()"), ["compile_error", ...stopped]),
  // https://go.dev/issue/78341
  bomb(
    "an interface whose method returns itself of a pointer",
    "recursive generic interfaces",
    main("type I[T any] interface{ M() interface{ I[*T] } }"),
    [...stopped, "compile_error"],
  ),
  bomb(
    "one function of 200 KB",
    "one 200 KB function, one 900 KB map literal",
    `package main\n\nfunc main() {\n\tx := 0\n${many(16_000, (index) => `\tx += ${index}`)}\n\tprintln(x)\n}\n`,
    ["ok", ...stopped],
  ),
  bomb(
    "a map literal of 900 KB",
    "one 200 KB function, one 900 KB map literal",
    `package main\n\nvar m = map[int]string{\n${many(50_000, (index) => `\t${index}: "${index}",`)}\n}\n\nfunc main() { println(len(m)) }\n`,
    ["ok", ...stopped],
  ),
  bomb("100,000 mistakes", "100,000 errors, terminal escapes in diagnostics", main(many(100_000, () => "x y")), ["compile_error"]),
  {
    ...bomb(
      "terminal escapes in an identifier",
      "100,000 errors, terminal escapes in diagnostics",
      "package main\n\nfunc main() { \u001b[31mred() }\n",
      ["compile_error"],
    ),
    hides: terminalEscape,
    representative: "once",
  },
  {
    ...bomb(
      "terminal escapes in a string that is wrong",
      "100,000 errors, terminal escapes in diagnostics",
      'package main\n\nfunc main() { var x int = "\\u001b]0;title\\u0007" + "\u001b[2J"; _ = x }\n',
      ["compile_error"],
    ),
    hides: terminalEscape,
  },
  {
    ...bomb(
      "a line directive with escapes and a host path",
      "100,000 errors, terminal escapes in diagnostics",
      "package main\n\n//line /etc/\u001b[2Jpasswd:1\nfunc main() { undefined() }\n",
      ["compile_error"],
    ),
    hides: terminalEscape,
  },
  {
    name: "a blank import of every package of the standard library",
    line: "importing all of std",
    request: {
      files: one(`package main\n\n${standardPackages.map((path) => `import _ "${path}"`).join("\n")}\n\nfunc main() { println("all") }\n`),
    },
    ends: ["ok", ...stopped],
  },
  {
    name: "a module that calls itself std",
    line: "filling or poisoning a cache",
    request: {
      files: sourceFiles({
        "go.mod": "module std\n",
        "prog.go": program(["fmt"], 'fmt.Println("mine")'),
        "fmt/fmt.go": 'package fmt\n\nfunc Println(...any) { println("poisoned") }\n',
      }),
      limits,
    },
    ends: ["ok", "compile_error"],
    representative: "once",
  },
  {
    name: "a package in a folder with the name of one of the standard library",
    line: "filling or poisoning a cache",
    request: {
      files: sourceFiles({
        "prog.go": program(["fmt"], 'fmt.Println("std\'s own")'),
        "fmt/fmt.go": 'package fmt\n\nfunc Println(...any) { println("poisoned") }\n',
      }),
      limits,
    },
    ends: ["ok"],
    says: /std's own/,
    hides: /poisoned/,
  },
  {
    name: "a binary of 100 MB",
    line: "filling or poisoning a cache",
    request: {
      files: one("package main\n\nvar a = [100 << 20]byte{7: 1}\n\nfunc main() { println(a[7]) }\n"),
      limits: { buildTimeoutMs: 10_000 },
    },
    ends: ["ok", ...stopped],
  },
  {
    name: "20,000 wrong calls for vet to look at",
    line: "vet and gofmt bombs",
    request: {
      files: one(
        `package main\n\nimport "fmt"\n\nfunc main() {\n\tif true {\n\t\treturn\n\t}\n${many(20_000, () => '\tfmt.Printf("%d%s%z", "x")')}\n}\n`,
      ),
      vet: true,
      limits: { buildTimeoutMs: 10_000 },
    },
    ends: ["ok", ...stopped],
  },
  {
    name: "900,000 parentheses for gofmt",
    line: "vet and gofmt bombs",
    request: { files: one(parentheses("main()")) },
    format: true,
    ends: ["ok", "compile_error"],
  },
  {
    name: "60,000 comments for gofmt to align",
    line: "vet and gofmt bombs",
    request: { files: one(`package main\n\nvar (\n${many(60_000, (index) => `\tx${index} = 1 // c`)}\n)\n`) },
    format: true,
    ends: ["ok", "compile_error"],
    representative: "once",
  },
];
