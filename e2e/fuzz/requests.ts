/** Requests of every kind: names, files, go.mod, arguments, environment and limits that are right, nearly right, and wrong. */
import { type ExecutionRequest, encodeUtf8, type SourceFile } from "@gorunner/core";
import { hello } from "@gorunner/core/contract";
import fc from "fast-check";
import { goPrograms } from "./go-programs.js";

const nearlyNames = [
  ...["prog.go", "main.go", "a.go", "a/b.go", "a_test.go", "go.mod", "go.sum", "data.txt", "a/data", "internal/x.go", "_x.go", ".x.go"],
  ...[
    "go.work",
    "vendor/modules.txt",
    "a.s",
    "a.c",
    "a/go.mod",
    "PROG.go",
    "../x.go",
    "/x.go",
    "a//b.go",
    "a/./b.go",
    "",
    ".",
    "a/",
    "-x.go",
  ],
  ...["a\0.go", "a\n.go", "a\\b.go", "con.go", "a b.go", "ä.go", "\u202ea.go", "x_windows.go", "x_amd64.go", "a/a/a/a/a/a/a/a/a/a/a.go"],
];
const names = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...nearlyNames) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 210 }) },
);

const goMods = fc
  .array(
    fc.constantFrom(
      ...["module x", "module std", "module cmd", "module play", "go 1.24", "go 1.999", "go 0", "toolchain go1.1", "toolchain local"],
      ...["require example.com/a v1.0.0", "replace example.com/a => ./a", "replace fmt => ./a", "exclude example.com/a v1.0.0"],
      ...["retract v1.0.0", "tool example.com/t", "ignore ./a", "godebug default=go1.21", "godebug x=y", "(", ")", "// x", "\0"],
    ),
    { maxLength: 6 },
  )
  .map((all) => encodeUtf8(all.join("\n")));

const programs = fc.oneof(
  { weight: 12, arbitrary: goPrograms },
  {
    weight: 1,
    arbitrary: fc.constantFrom(hello, "package main\n\nfunc TestX() {}\n", "package main\n", "", "\ufeffpackage main").map(encodeUtf8),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);

const files: fc.Arbitrary<SourceFile[]> = fc.oneof(
  { weight: 12, arbitrary: programs.map((content) => [{ path: "prog.go", content }]) },
  {
    weight: 3,
    arbitrary: fc.tuple(programs, goMods).map(([content, mod]) => [
      { path: "prog.go", content },
      { path: "go.mod", content: mod },
    ]),
  },
  { weight: 2, arbitrary: fc.array(fc.record({ path: names, content: fc.oneof(programs, goMods) }), { maxLength: 5 }) },
);

const texts = fc.string({ unit: "binary", maxLength: 40 });
const variables = fc.dictionary(
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom("GODEBUG", "GOGC", "GOMAXPROCS", "APP_A", "GOTRACEBACK", "TZ") },
    { weight: 1, arbitrary: fc.constantFrom("LD_PRELOAD", "PATH", "X=Y", "") },
    { weight: 1, arbitrary: texts },
  ),
  texts,
  { maxKeys: 3, noNullPrototype: true },
);
const sizes = (usual: number) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(1, 4096, 0, -1, 0.5, Number.NaN, 2 ** 60) },
  );

/** Short, so that what does not end costs little. */
const limits = fc.record(
  {
    buildTimeoutMs: sizes(5_000),
    runTimeoutMs: sizes(300),
    cpuMs: sizes(300),
    memoryBytes: sizes(64 * 1024 * 1024),
    outputBytes: sizes(10_000),
    processes: sizes(32),
    diskBytes: sizes(1024 * 1024),
  },
  { requiredKeys: ["buildTimeoutMs", "runTimeoutMs", "memoryBytes"] },
);

export const requests: fc.Arbitrary<ExecutionRequest> = fc
  .record(
    {
      files,
      mode: fc.oneof(
        { weight: 12, arbitrary: fc.constant("run" as const) },
        { weight: 1, arbitrary: fc.constantFrom("test" as const, "bench" as const) },
      ),
      clock: fc.oneof({ weight: 6, arbitrary: fc.constant("real" as const) }, { weight: 1, arbitrary: fc.constant("fake" as const) }),
      limits,
      vet: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      stdin: fc.uint8Array({ maxLength: 100 }),
      args: fc.array(texts, { maxLength: 3 }),
      env: variables,
      toolchain: fc.constantFrom("go0.1", "", "../go"),
    },
    { requiredKeys: ["files", "mode", "clock", "limits"] },
  )
  .map(({ toolchain, ...request }) => (toolchain === undefined || request.files.length !== 3 ? request : { ...request, toolchain }));

/** A program text as the four calls take it: with markers of files, right and nearly right. */
export const programTexts: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      goPrograms.map((bytes) => Buffer.from(bytes).toString("utf8")),
      names.map((name) => `-- ${name} --\n`),
      fc.constantFrom("-- --\n", "--  --\n", "-- a --", "\r\n", "\u2028", "-- go.mod --\nmodule x\n", "\ufeff", "-- a.go -- \n"),
      fc.string({ unit: "binary", maxLength: 20 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));
