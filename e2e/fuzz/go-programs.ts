/** Small Go programs from a grammar, most of which compile, and what becomes of them when bytes change. */
import fc from "fast-check";

const { expression, statement } = fc.letrec<{ expression: string; statement: string; block: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthIdentifier: "expression" },
    { weight: 8, arbitrary: fc.constantFrom("x", "i", "big", "zero", "len(s)", "cap(s)", "len(word)") },
    { weight: 1, arbitrary: fc.constantFrom("0", "1", "1<<62", "'a'", "int(0x7fffffff)") },
    fc
      .tuple(tie("expression"), fc.constantFrom("+", "-", "*", "/", "%", "<<", ">>", "&^", "|"), tie("expression"))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(fc.constantFrom("^", "-", "+"), tie("expression")).map(([op, a]) => `(${op}${a})`),
    tie("expression").map((a) => `f(${a})`),
    tie("expression").map((a) => `func(i int) int { return ${a} }(x)`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `[]int{${a}, ${b}}[x&1]`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `map[int]int{0: ${a}}[${b}]`),
  ),
  block: fc.array(tie("statement"), { maxLength: 3 }).map((all) => `{ ${all.join("; ")} }`),
  statement: fc.oneof(
    { maxDepth: 4, depthIdentifier: "statement" },
    tie("expression").map((a) => `x = ${a}`),
    tie("expression").map((a) => `println(${a})`),
    tie("expression").map((a) => `s = append(s, ${a})`),
    tie("expression").map((a) => `s = make([]int, ${a})`),
    tie("expression").map((a) => `s[${a}] = x`),
    fc.tuple(tie("expression"), tie("block")).map(([a, body]) => `if ${a} > x ${body}`),
    fc.tuple(tie("expression"), tie("block")).map(([a, body]) => `for i := range ${a} { _ = i; ${body} }`),
    tie("block").map((body) => `for ${body}`),
    tie("block").map((body) => `go func() ${body}()`),
    tie("block").map((body) => `defer func() ${body}()`),
    tie("expression").map((a) => `switch x { case ${a}: break; default: x++ }`),
    tie("expression").map((a) => `c <- ${a}`),
    fc.constantFrom(
      "x = <-c",
      "close(c)",
      "select {}",
      "return",
      "recover()",
      "panic(s)",
      "os.Exit(x)",
      "os.Stdout.WriteString(word)",
      "_ = *(*int)(nil)",
    ),
    fc.constantFrom("f(x)", "main()", "syscall.Kill(0, syscall.Signal(x))", 'os.RemoveAll("/")', "word += word"),
  ),
}));

const wellFormed = fc
  .record({
    statements: fc.array(statement, { maxLength: 12 }),
    function: expression,
    type: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom("int", "any", "*T", "[]T", "func(T)", "map[string]T", "chan T") },
      { weight: 1, arbitrary: fc.constantFrom("[3]T", "interface{ T }") },
    ),
  })
  .map(
    ({ statements, function: body, type }) =>
      `package main\n\nimport (\n\t"os"\n\t"syscall"\n)\n\ntype T struct{ t ${type} }\n\nvar (\n\tx, i, zero int\n\tbig = 1 << 62\n\ts    []int\n\tc    = make(chan int, 1)\n\tword = "word"\n\t_    = syscall.Getpid\n\t_    = os.Args\n)\n\nfunc f(x int) int { return ${body} }\n\nfunc main() {\n${statements.map((each) => `\t${each}\n`).join("")}}\n`,
  );

const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  remove: fc.nat({ max: 8 }),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom("{", "}", "(", "\n-- a.go --\n", "/*", "`", "\0", "//go:embed *\n", "\ufeff").map((text) => Buffer.from(text)),
  ),
});

/** The program after some changes to its bytes. */
const changed = fc.tuple(wellFormed, fc.array(change, { minLength: 1, maxLength: 4 })).map(([text, changes]) =>
  changes.reduce<Buffer>((bytes, { at, remove, insert }) => {
    const start = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
  }, Buffer.from(text)),
);

export const goPrograms: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 9, arbitrary: wellFormed.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: changed },
);
