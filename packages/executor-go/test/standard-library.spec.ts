import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUtf8, silentLogger, withoutTurns } from "@gorunner/core";
import { StandardLibrary } from "../src/toolchain/standard-library.js";

/** A toolchain that compiles nothing, and writes down what it is asked for and at which priority. */
const script = (log: string) => `#!/bin/sh
# Its priority is set when it has started.
case "$*" in *" std") sleep 0.2 ;; esac
read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ nice _ < /proc/self/stat
echo "$nice $*" >> ${log}
case "$*" in
  "list std") printf 'fmt\\nos\\nstrings\\ntime\\nsort\\nnet/http\\n' ;;
  list*) echo "fmt=$GOCACHE/fmt.a" ;;
  "env GOTOOLDIR") echo "$GOROOT/pkg/tool" ;;
esac
`;

const sorts = [{ path: "prog.go", content: encodeUtf8('package main\n\nimport "sort"\n') }];

describe("StandardLibrary", () => {
  let home: string;
  let log: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "gorunner-std-test-"));
    log = join(home, "log");
    await mkdir(join(home, "cache"));
    await writeFile(join(home, "cache", "fmt.a"), "");
    await writeFile(join(home, "go"), script(log));
    await chmod(join(home, "go"), 0o755);
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const aLibrary = () =>
    new StandardLibrary({
      toolchain: { name: "go1.99.0", goroot: home, goBinary: join(home, "go") },
      buildCache: join(home, "cache"),
      directory: join(home, "importcfg"),
      logger: silentLogger,
      turns: withoutTurns,
    });
  const asked = async () => (await readFile(log, "utf8")).trim().split("\n");
  const builds = async () => (await asked()).filter((line) => / build (?!-n)/.test(line));

  it("compiles nothing for the fake clock before somebody asks for it", async () => {
    const library = aLibrary();
    await library.prepare();
    await library.ensureFor(sorts, "real");
    await library.completed();
    await library.close();
    assert.doesNotMatch((await asked()).join("\n"), /faketime/);
  });

  it("compiles for the fake clock what a program needs before it, and the rest behind it at the lowest priority", async () => {
    const library = aLibrary();
    await library.prepare();
    await library.ensureFor(sorts, "fake");
    const before = (await builds()).filter((line) => line.includes("faketime") && !line.endsWith(" std"));
    assert.deepEqual(before, ["0 build -trimpath -tags=faketime fmt os strings time", "0 build -trimpath -tags=faketime sort"]);
    await eventuallyReads(join(home, "importcfg", "fake", "toolchain"));
    await library.close();
    assert.ok((await builds()).includes("19 build -v -trimpath -tags=faketime std"));
    assert.equal(await readFile(join(home, "importcfg", "fake", "link.cfg"), "utf8"), "\npackagefile fmt=/gocache/fmt.a\n");
  });

  it("waits for nothing at a later start: what is compiled is known by its import configuration", async () => {
    const first = aLibrary();
    await first.ensureFor(sorts, "fake");
    await eventuallyReads(join(home, "importcfg", "fake", "toolchain"));
    await first.close();
    await rm(log);
    const later = aLibrary();
    await later.ensureFor(sorts, "fake");
    await later.close();
    assert.deepEqual((await asked()).slice(0, 1), ["0 list std"]);
    assert.deepEqual(
      (await builds()).filter((line) => !line.startsWith("19 ")),
      [],
    );
  });

  it("compiles again when an archive has gone", async () => {
    const first = aLibrary();
    await first.ensureFor(sorts, "fake");
    await eventuallyReads(join(home, "importcfg", "fake", "toolchain"));
    await first.close();
    await rm(join(home, "cache", "fmt.a"));
    await rm(log);
    const later = aLibrary();
    await later.ensureFor(sorts, "fake");
    await later.close();
    assert.ok((await builds()).includes("0 build -trimpath -tags=faketime sort"));
  });
});

/** Resolves when the file is there; the background work writes it last. */
async function eventuallyReads(path: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      await readFile(path);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
