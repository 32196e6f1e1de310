import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { defaultLimits, type LogFields, type Logger, silentLogger, silentMetrics, withoutTurns } from "@gorunner/core";
import { aRequest, hello, program, sourceFiles } from "@gorunner/core/contract";
import { linkerProof } from "../src/build/prove-linker.js";
import { GoExecutor } from "../src/index.js";
import { type PreparedHost, prepareHost } from "../src/prepare-host.js";
import { Identities } from "../src/sandbox/identity.js";
import { findToolchain } from "../src/toolchain/find-toolchain.js";
import { type LinkerProof, PreloadedLinker } from "../src/toolchain/preloaded-linker.js";
import { corpus, tell, trees } from "./alike.js";
import { cacheDir, executorOptions } from "./shared-executor.js";

const toLog = (log: Partial<Logger>): Logger => ({ ...silentLogger, ...log });

describe("The preloaded linker and the stock one", function () {
  this.timeout(240_000);
  const builds: LogFields[] = [];
  const executors = {} as Record<"preloaded" | "stock", GoExecutor>;
  before(async () => {
    const logger = toLog({ debug: (message, fields = {}) => void (message === "built" && builds.push(fields)) });
    // More are kept ready than tests can take before there are new ones: one that is made in a hurry links as ever.
    executors.preloaded = new GoExecutor(executorOptions({ logger, warmSandboxes: 8 }));
    executors.stock = new GoExecutor(executorOptions({ preloadLinker: false }));
    for (const executor of Object.values(executors)) {
      await executor.prepare();
      await executor.whenComplete();
    }
  });
  after(async () => {
    for (const executor of Object.values(executors)) await executor.close();
  });

  /** Keeps the cache of binaries out of this: it does not ask who linked. */
  const unseen = randomUUID();

  it("are told apart by the status", () => {
    assert.equal(executors.preloaded.status().linker, "preloaded");
    assert.equal(executors.stock.status().linker, "stock");
  });

  for (const [what, code] of Object.entries(corpus)) {
    it(`agree on ${what}`, async () => {
      const stock = await executors.stock.execute(aRequest(`${code}// A ${unseen}\n`));
      const preloaded = await executors.preloaded.execute(aRequest(`${code}// B ${unseen}\n`));
      assert.deepEqual(tell(preloaded), tell(stock));
    });
  }

  for (const [what, texts] of Object.entries(trees)) {
    it(`agree on several files with ${what}`, async () => {
      const files = (by: string) => sourceFiles({ ...texts, "by.txt": `${by} ${unseen}` });
      const stock = await executors.stock.execute(aRequest("", { files: files("A") }));
      const preloaded = await executors.preloaded.execute(aRequest("", { files: files("B") }));
      assert.deepEqual(tell(preloaded), tell(stock));
    });
  }

  it("have both been at work here", () => {
    const linkers = builds.filter(({ taken }) => taken === "direct").map(({ linker }) => linker);
    assert.ok(linkers.filter((linker) => linker === "preloaded").length >= 10, `${linkers}`);
    // For programs that reach into other packages.
    assert.ok(linkers.includes("stock"), `${linkers}`);
  });

  it("are both left alone where there was no time to load anything", async () => {
    const first = builds.length;
    const many = Array.from({ length: 24 }, () => executors.preloaded.execute(aRequest(`${hello}// ${randomUUID()}\n`)));
    for (const { outcome } of await Promise.all(many)) assert.equal(outcome, "ok");
    const linkers = builds.slice(first).map(({ linker }) => linker);
    assert.ok(linkers.includes("own"), `${linkers}`);
  });

  it("give one program after the other its own, whatever the sandboxes were started with", async () => {
    const answers = Array.from({ length: 12 }, (_, index) =>
      executors.preloaded.execute(aRequest(program(["fmt"], `fmt.Print("number ${index} ", ${performance.now()})`))),
    );
    for (const [index, answer] of (await Promise.all(answers)).entries()) {
      assert.match(Buffer.from(answer.stdout).toString("utf8"), new RegExp(`^number ${index} `));
    }
  });
});

describe("PreloadedLinker", function () {
  this.timeout(240_000);
  let directory: string;
  let told: string[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "gorunner-linker-test-"));
    told = [];
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const proven: LinkerProof = async () => {};

  /** Made by a toolchain whose go command puts an empty file where the linker should be. */
  async function aLinker(goroot: string): Promise<PreloadedLinker> {
    const goBinary = join(directory, "go");
    await writeFile(goBinary, `#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n: > "$2"\n`);
    await chmod(goBinary, 0o755);
    const tell = (message: string, fields?: LogFields) => void told.push(`${message} ${fields?.["err"] ?? ""}`);
    const logger = toLog({ info: tell, warn: tell });
    return new PreloadedLinker({ toolchain: { name: "go1.99.0", goroot, goBinary }, directory, buildCache: directory, logger });
  }

  /** Resolves to how often it was told to be there. */
  async function make(linker: PreloadedLinker, proof: LinkerProof): Promise<number> {
    let times = 0;
    linker.makeAfter(Promise.resolve(), proof, () => times++);
    await linker.made();
    await linker.close();
    return times;
  }

  const kept = async () => (await readdir(directory)).filter((name) => name.startsWith("linker-"));

  it("is made from the toolchain's source once, proven, and found again", async () => {
    const { goroot } = await findToolchain();
    const linker = await aLinker(goroot);
    const probes: string[] = [];
    const proof: LinkerProof = async (path, files) => {
      assert.match(path, /unproven$/);
      for (const { content } of files) probes.push(Buffer.from(content).toString("utf8").slice(0, 2));
    };
    assert.equal(await make(linker, proof), 1);
    assert.deepEqual(probes, ["//", "//"]);
    assert.deepEqual(await kept(), [linker.path?.split("/").at(-1)]);
    const later = await aLinker(goroot);
    await later.find();
    assert.equal(later.path, linker.path);
    assert.equal(await make(later, proof), 0);
  });

  it("is not used where it is not proven, and proven again at the next start", async () => {
    const { goroot } = await findToolchain();
    const linker = await aLinker(goroot);
    assert.equal(await make(linker, () => Promise.reject(new Error("a program came out wrong"))), 0);
    assert.equal(linker.path, undefined);
    assert.match(told.join("\n"), /there is no linker .* a program came out wrong/);
    const later = await aLinker(goroot);
    await later.find();
    assert.equal(later.path, undefined);
    assert.equal(await make(later, proven), 1);
    assert.equal((await kept()).length, 1);
  });

  it("leaves the work to the stock linker where the toolchain has no source, or another", async () => {
    for (const lib of [undefined, "package ld\n"]) {
      const goroot = join(directory, "goroot");
      await rm(goroot, { recursive: true, force: true });
      const internal = join(goroot, "src/cmd/link/internal");
      await mkdir(join(internal, "ld"), { recursive: true });
      if (lib !== undefined) await writeFile(join(internal, "ld/lib.go"), lib);
      const linker = await aLinker(goroot);
      assert.equal(await make(linker, proven), 0);
      assert.equal(linker.path, undefined);
      assert.deepEqual(await kept(), []);
    }
    assert.match(told.join("\n"), /ENOENT/);
    assert.match(told.join("\n"), /ld\/lib\.go of this toolchain is not as expected: it has no one place where/);
  });

  it("stops being made when it is closed", async () => {
    const { goroot } = await findToolchain();
    const linker = await aLinker(goroot);
    let closing: Promise<number> | undefined;
    await new Promise<void>((proving) => {
      closing = make(linker, async (_path, _probes, signal) => {
        proving();
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      });
    });
    await linker.close();
    assert.equal(await closing, 0);
    assert.doesNotMatch(told.join("\n"), /there is no linker/);
  });
});

describe("A build that has a linker ahead", function () {
  this.timeout(120_000);
  const identities = new Identities();
  const closing = new AbortController();
  let host: PreparedHost;
  before(async () => {
    const engine = {
      limits: defaultLimits,
      path: "auto",
      warm: 0,
      isSpare: () => true,
      idleMs: 1_000,
      turns: withoutTurns,
      metrics: silentMetrics,
    } as const;
    const { signal } = closing;
    const rest = {
      cacheDir,
      identities,
      sandbox: "auto",
      resources: "auto",
      modules: undefined,
      preloadLinker: false,
      logger: silentLogger,
      onStep() {},
    } as const;
    host = await prepareHost({ ...rest, engine, signal });
    await host.library.completed();
  });
  after(async () => {
    await host.close();
    await identities.close();
  });

  const probe = (lines: string[]) =>
    sourceFiles({ "prog.go": program(["fmt", "hash/maphash"], "var hash maphash.Hash", ...lines, "_ = hash") });
  const prove = (linker: string, lines = ['fmt.Println("linked")']) =>
    linkerProof({ ...host, limits: defaultLimits })(linker, probe(lines), closing.signal);

  it("is linked by the stock one where that fails", async () => {
    // The compiler is no linker, whenever it is started.
    const tools = await promisify(execFile)(host.toolchain.goBinary, ["env", "GOTOOLDIR"]);
    // The probe was built, and this is what the proof does not like.
    await assert.rejects(prove(join(tools.stdout.trim(), "compile")), /'stock'[\s\S]*'preloaded'/);
  });

  it("is linked by the stock one where that can't even be started", async () => {
    await assert.rejects(prove(fileURLToPath(import.meta.url)), /'stock'[\s\S]*'preloaded'/);
  });

  it("is no proof of a linker that changes what a program does", async () => {
    const linker = new PreloadedLinker({
      ...host,
      directory: join(cacheDir, host.toolchain.name),
      buildCache: cacheDir,
      logger: silentLogger,
    });
    await linker.find();
    assert.ok(linker.path !== undefined);
    await prove(linker.path);
    // Nothing is as different as a program that never says the same.
    await assert.rejects(prove(linker.path, ["fmt.Println(hash.Sum64())"]));
  });
});
