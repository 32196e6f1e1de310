/**
 * What somebody else gets: the packages as they would be published, packed and installed into an empty directory, with
 * the example adapter of docs/writing-an-adapter.md beside them, and the embedding example.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { testCacheDirectory } from "@gorunner/testing";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));
const example = join(repository, "examples/jsonl-adapter");
const embedding = join(repository, "examples/embedding/index.mjs");

/** The packages that the examples take, and where they are. */
const packages = ["core", "executor-go", "adapters-storage", "adapters-grpc"];

describe("the packed packages", function () {
  this.timeout(300_000);
  let directory: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "gorunner-packed-"));
    await packAll(directory);
    cpSync(example, directory, { recursive: true, filter: (path) => !/node_modules|\/dist$/.test(path) });
    cpSync(embedding, join(directory, "embedding.mjs"));
    await install(directory);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it("hold what they need and nothing of how they are made", () => {
    for (const name of packages) {
      const files = readdirSync(join(directory, "node_modules/@gorunner", name), { recursive: true }).map(String);
      const odd = files.filter((file) => !file.includes("node_modules") && /tsbuildinfo|_test\.go$|\.spec\.|(^|\/)(src|test)\//.test(file));
      assert.deepEqual(odd, [], name);
      assert.ok(files.includes("LICENSE"), `${name} has its licence`);
    }
  });

  it("let the example adapter be compiled and pass the contract", async () => {
    const { stdout } = await inDirectory("npm", ["test", "--silent"]);
    const passing = Number(/(\d+) passing/.exec(stdout)?.[1]);
    assert.ok(passing > 30, stdout);
    assert.doesNotMatch(stdout, /failing|pending/);
  });

  it("have types for whoever embeds Runner", async () => {
    const options = { target: "es2023", module: "nodenext", strict: true, allowJs: true, checkJs: true, noEmit: true, types: ["node"] };
    writeFileSync(
      join(directory, "tsconfig.embedding.json"),
      JSON.stringify({ compilerOptions: { ...options, skipLibCheck: true }, files: ["embedding.mjs"] }),
    );
    await inDirectory(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.embedding.json"]);
  });

  it("run a program that embeds Runner, of 30 lines at most", async () => {
    assert.ok(readFileSync(embedding, "utf8").split("\n").length <= 31);
    const { stdout, stderr } = await inDirectory(process.execPath, ["embedding.mjs", testCacheDirectory]);
    assert.deepEqual([stdout, stderr], ["snippet 1 says: Hello from Go\n", ""]);
  });

  it("are closed but for what they export", async () => {
    const script = `await import("@gorunner/core/dist/runner.js")`;
    await assert.rejects(inDirectory(process.execPath, ["--input-type=module", "--eval", script]), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });

  function inDirectory(command: string, args: string[]) {
    return run(command, args, { cwd: directory, env: environment(), maxBuffer: 2 ** 26 }).catch((failure: { stdout?: string }) => {
      throw new Error(`${String(failure)}\n${failure.stdout ?? ""}`);
    });
  }
});

/** This Node first, also for npm; nothing of the npm that runs these tests. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(registry|cache|cafile|proxy|https_proxy))/i.test(name));
  return { ...Object.fromEntries(own), PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter) };
}

/** As `pnpm publish` would: only pnpm knows what `workspace:*` stands for. */
async function packAll(directory: string): Promise<void> {
  const toolchain = join(repository, ".toolchain");
  const pnpm = readdirSync(toolchain).find((name) => /^pnpm-\d/.test(name));
  assert.ok(pnpm !== undefined, "npm test has installed pnpm");
  const script = join(toolchain, pnpm, "node_modules/pnpm/bin/pnpm.cjs");
  await Promise.all(
    packages.map((name) =>
      run(process.execPath, [script, "pack", "--pack-destination", join(directory, "packed")], { cwd: join(repository, "packages", name) }),
    ),
  );
}

/** What the guide's `npm install` does, with our packages from the files that were packed, and others from the registry. */
async function install(directory: string): Promise<void> {
  const path = join(directory, "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const packed = readdirSync(join(directory, "packed"));
  for (const name of packages) {
    const file = packed.find((candidate) => candidate.startsWith(`gorunner-${name}-`));
    manifest.dependencies[`@gorunner/${name}`] = `file:packed/${file}`;
  }
  writeFileSync(path, JSON.stringify(manifest));
  mkdirSync(join(directory, "node_modules"));
  const options = ["--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  await run("npm", ["install", ...options], { cwd: directory, env: environment() });
}
