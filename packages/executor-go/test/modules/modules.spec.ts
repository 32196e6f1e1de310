import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeUtf8, type Execution, type ExecutionRequest, encodeUtf8 } from "@gorunner/core";
import { GoExecutor } from "../../src/index.js";
import { cacheDir, closeSharedExecutor, executorOptions, sharedExecutor } from "../shared-executor.js";

const requestFor = (files: Record<string, string>, rest: Partial<ExecutionRequest> = {}): ExecutionRequest => ({
  files: Object.entries(files).map(([path, content]) => ({ path, content: encodeUtf8(content) })),
  mode: "run",
  clock: "real",
  ...rest,
});

/** Never seen before, so that it is really built. */
const usingUuid = (what = "uuid.Nil") =>
  `package main\n\nimport (\n\t"fmt"\n\n\t"github.com/google/uuid"\n)\n\nfunc main() { fmt.Println(${what}) }\n// ${randomUUID()}\n`;

describe("modules from elsewhere", function () {
  this.timeout(120_000);

  /** From the proxies that this machine's toolchain asks by itself. */
  describe("where they are on", () => {
    let executor: GoExecutor;
    before(async () => {
      executor = new GoExecutor(executorOptions({ modules: { proxy: "" } }));
      await executor.prepare();
    });
    after(() => executor.close());

    const run = (files: Record<string, string>, rest: Partial<ExecutionRequest> = {}) => executor.execute(requestFor(files, rest));
    const succeeds = (execution: Execution) => {
      assert.equal(execution.outcome, "ok", decodeUtf8(execution.stderr));
      return decodeUtf8(execution.stdout);
    };

    it("are found for imports that no go.mod asks for", async () => {
      const execution = await run({ "prog.go": usingUuid() });
      assert.equal(succeeds(execution), "00000000-0000-0000-0000-000000000000\n");
      assert.ok(execution.timings.fetchMs > 0 && execution.timings.buildMs > 0);
    });

    it("are those of the go.mod, with its go.sum or without", async () => {
      const version = 'debug.BuildInfo{}\n\tinfo, _ := debug.ReadBuildInfo()\n\tfmt.Println(info.Deps[0].Version, info.Deps[0].Sum != "")';
      const program = `package main\n\nimport (\n\t"fmt"\n\t"runtime/debug"\n\n\t_ "github.com/google/uuid"\n)\n\nfunc main() {\n\t_ = ${version}\n}\n// ${randomUUID()}\n`;
      const mod = "module example.com/me\n\ngo 1.21\n\nrequire github.com/google/uuid v1.3.0\n";
      assert.equal(succeeds(await run({ "prog.go": program, "go.mod": mod })), "v1.3.0 true\n");
    });

    it("reach packages in folders, tests, vet and the fake clock", async () => {
      const files = {
        "prog.go": `package main\n\nimport "example.com/me/ids"\n\nfunc main() { println(ids.None()) }\n// ${randomUUID()}\n`,
        "ids/ids.go": 'package ids\n\nimport "github.com/google/uuid"\n\nfunc None() string { return uuid.Nil.String() }\n',
        "ids/ids_test.go": 'package ids\n\nimport "testing"\n\nfunc TestNone(t *testing.T) {\n\tif None() == "" {\n\t\tt.Error()\n\t}\n}\n',
        "go.mod": "module example.com/me\n\ngo 1.21\n",
      };
      succeeds(await run(files, { vet: true, clock: "fake" }));
      const tested = await run(files, { mode: "test" });
      succeeds(tested);
      assert.deepEqual(
        tested.tests?.map(({ package: of, name, status }) => [of, name, status]),
        [["example.com/me/ids", "TestNone", "pass"]],
      );
    });

    it("are not asked for again, by the same program or by one that never needed any", async () => {
      const program = { "prog.go": usingUuid() };
      succeeds(await run(program));
      const again = await run(program);
      succeeds(again);
      assert.ok(again.timings.fetchMs < 20, `${again.timings.fetchMs} ms`);
      const plain = await run({ "prog.go": "package main\n\nfunc main() {}\n", "go.mod": "module example.com/me\n\ngo 1.21\n" });
      assert.equal(plain.timings.fetchMs, 0);
    });

    it("leave the compiler's messages to name the program's own files", async () => {
      const { outcome, diagnostics } = await run({ "prog.go": usingUuid("uuid.Nope") });
      assert.equal(outcome, "compile_error");
      assert.deepEqual(diagnostics, [{ file: "prog.go", line: 9, column: 32, message: "undefined: uuid.Nope" }]);
    });

    it("that nobody has are told at the place of their import", async () => {
      const { outcome, diagnostics, timings } = await run({
        "prog.go": 'package main\n\nimport _ "github.com/google/uuid/nothing"\n\nfunc main() {}\n',
      });
      assert.equal(outcome, "fetch_error");
      assert.deepEqual(
        diagnostics.map(({ file, line, column }) => [file, line, column]),
        [["prog.go", 3, 8]],
      );
      assert.match(
        diagnostics[0]?.message ?? "",
        /^github\.com\/google\/uuid\/nothing: no module that the module proxy has contains this package$/,
      );
      assert.equal(timings.runMs, 0);
    });

    it("that do not match the program's go.sum are refused, and stay right for others", async () => {
      const wrong = "github.com/google/uuid v1.6.0 h1:AAAAJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=\n";
      const mod = "module play\n\ngo 1.21\n\nrequire github.com/google/uuid v1.6.0\n";
      const refused = await run({ "prog.go": usingUuid(), "go.mod": mod, "go.sum": wrong });
      assert.equal(refused.outcome, "fetch_error");
      assert.match(decodeUtf8(refused.stderr), /^(go\.mod:5|prog\.go:6:2): github\.com\/google\/uuid@v1\.6\.0: checksum mismatch: /);
      succeeds(await run({ "prog.go": usingUuid(), "go.mod": mod }));
    });

    it("leave it to the build to tell of other mistakes", async () => {
      const { outcome, stderr } = await run({ "prog.go": usingUuid().replace('"fmt"', '"nosuchpackage"') });
      assert.equal(outcome, "compile_error");
      assert.match(decodeUtf8(stderr), /^prog\.go:4:2: package nosuchpackage is not in std$/m);
    });

    for (const [name, line, told] of [
      [
        "replaces to the host",
        "replace github.com/google/uuid => /etc",
        /^go\.mod:3: github\.com\/google\/uuid is replaced by \/etc, which is outside/,
      ],
      ["replaces to its parent", "replace github.com/google/uuid => ../other", /^go\.mod:3: .* which is outside the program/],
      ["hides such a path in quotes", 'replace github.com/google/uuid => "./a/../../b"', /^go\.mod:3: .* which is outside the program/],
      ["asks for a newer Go", "go 1.999", /^go: go\.mod requires go >= 1\.999/],
      ["is none", "nonsense here", /^go\.mod:3: unknown directive: nonsense$/m],
      ["asks for a repository", "require git::https://host.example/x v1.0.0", /^go\.mod:3: /m],
    ] as const) {
      it(`are not fetched for a go.mod that ${name}`, async () => {
        const { outcome, stderr } = await run({ "prog.go": usingUuid(), "go.mod": `module play\n\n${line}\n` });
        assert.equal(outcome, "compile_error");
        assert.match(decodeUtf8(stderr), told);
      });
    }

    for (const host of ["127.0.0.1", "169.254.169.254", "localhost.localdomain"]) {
      it(`come from the proxy alone, never from ${host}`, async () => {
        const { outcome, stderr } = await run({ "prog.go": `package main\n\nimport _ "${host}/x/y"\n\nfunc main() {}\n` });
        assert.equal(outcome, "fetch_error");
        assert.doesNotMatch(decodeUtf8(stderr), /dial|connect|timeout/);
      });
    }

    it("can't be changed by the programs that use them", async () => {
      const generations = (await readdir(join(cacheDir, "modules"))).filter((name) => /^\d+$/.test(name));
      assert.ok(generations.length > 0);
      const program = `package main\n\nimport (\n\t"fmt"\n\t"os"\n\n\t_ "github.com/google/uuid"\n)\n\nfunc main() {\n\t_, err := os.Stat("/modules")\n\tfmt.Println(os.IsNotExist(err))\n}\n// ${randomUUID()}\n`;
      assert.equal(succeeds(await run({ "prog.go": program })), "true\n");
    });
  });

  describe("where they are off", () => {
    after(closeSharedExecutor);
    const run = async (files: Record<string, string>) => (await sharedExecutor()).execute(requestFor(files));

    it("are refused at the place of each import", async () => {
      const { outcome, diagnostics, timings } = await run({
        "prog.go": usingUuid(),
        "other.go": 'package main\n\nimport _ "play/sub"\n',
        "sub/sub.go": 'package sub\n\nimport _ "golang.org/x/text"\n',
      });
      assert.equal(outcome, "compile_error");
      assert.equal(timings.fetchMs, 0);
      assert.deepEqual(diagnostics, [
        { file: "prog.go", line: 6, column: 2, message: "package github.com/google/uuid: third-party modules are off on this server" },
        { file: "sub/sub.go", line: 3, column: 10, message: "package golang.org/x/text: third-party modules are off on this server" },
      ]);
    });

    it("does not keep a program from importing its own packages", async () => {
      const { outcome } = await run({
        "prog.go": 'package main\n\nimport "example.com/me/sub"\n\nfunc main() { sub.Do() }\n',
        "sub/sub.go": "package sub\n\nfunc Do() {}\n",
        "go.mod": "module example.com/me\n",
      });
      assert.equal(outcome, "ok");
    });
  });
});
