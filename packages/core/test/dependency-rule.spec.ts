/** The dependency rule: adapters know the core, the server knows all, the core knows nothing. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

interface Manifest {
  name: string;
  exports?: unknown;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const packages = readdirSync(join(root, "packages"));
const manifest = (directory: string): Manifest => JSON.parse(readFileSync(join(root, "packages", directory, "package.json"), "utf8"));

/** What a package needs at run time, by any name that npm has for it. */
const needsOf = ({ dependencies, peerDependencies, optionalDependencies }: Manifest) =>
  Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
const isOurs = (name: string) => name.startsWith("@gorunner/");

/** The workspace packages that each package may depend on; a package without a row here is an oversight. */
const allowed: Record<string, string[]> = {
  core: [],
  "executor-go": ["@gorunner/core"],
  "adapters-storage": ["@gorunner/core"],
  "adapters-grpc": ["@gorunner/core"],
  "adapters-http": ["@gorunner/core"],
  server: ["@gorunner/adapters-grpc", "@gorunner/adapters-http", "@gorunner/adapters-storage", "@gorunner/core", "@gorunner/executor-go"],
};

describe("dependency rule", () => {
  it("covers every package", () => {
    assert.deepEqual(Object.keys(allowed).sort(), [...packages].sort());
  });

  for (const [directory, edges] of Object.entries(allowed)) {
    it(`${directory} depends on ${edges.length === 0 ? "no package of ours" : edges.join(", ")}`, () => {
      assert.deepEqual(needsOf(manifest(directory)).filter(isOurs).sort(), edges);
    });
  }

  it("the core depends on nothing at all", () => {
    assert.deepEqual(needsOf(manifest("core")), []);
  });

  it("only the server knows the container", () => {
    const users = packages.filter((directory) => {
      const { devDependencies } = manifest(directory);
      return [...needsOf(manifest(directory)), ...Object.keys(devDependencies ?? {})].some((name) =>
        ["inversify", "reflect-metadata"].includes(name),
      );
    });
    assert.deepEqual(users, ["server"]);
  });

  it("every package closes its inside by an exports map", () => {
    for (const directory of packages) assert.ok(manifest(directory).exports, `${directory} has exports`);
  });

  it("no package imports the inside of another", () => {
    for (const inside of ["@gorunner/core/dist/errors.js", "@gorunner/core/src/errors.js"]) {
      assert.throws(() => createRequire(import.meta.url).resolve(inside), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
    }
  });

  describe("the compiler, with the core's settings", () => {
    const { extends: base, compilerOptions } = JSON.parse(readFileSync(join(root, "packages/core/tsconfig.json"), "utf8"));
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "gorunner-core-"));
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    /** What the compiler says of a source text that stands in the core. */
    function compile(source: string): { ok: boolean; output: string } {
      writeFileSync(join(directory, "probe.ts"), source);
      const options = { ...compilerOptions, composite: false, incremental: false, noEmit: true, rootDir: ".", tsBuildInfoFile: undefined };
      const config = { extends: resolve(root, "packages/core", base), compilerOptions: options, files: ["probe.ts"] };
      writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
      writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", directory], { encoding: "utf8" });
      return { ok: status === 0, output: stdout };
    }

    it("takes plain code", () => {
      const { ok, output } = compile("export const answer: number = 42;\n");
      assert.ok(ok, output);
    });

    for (const [what, source] of [
      ["node:fs", 'import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n'],
      ["Buffer", "export const bytes = Buffer.from([]);\n"],
      ["setTimeout", "setTimeout(() => {}, 1);\nexport {};\n"],
      ["process", "export const env = process.env;\n"],
      ["console", "console.log(1);\nexport {};\n"],
      ["fetch", 'export const answer = fetch("");\n'],
      ["TextEncoder", "export const encoder = new TextEncoder();\n"],
    ] as const) {
      it(`refuses ${what}`, () => {
        const { ok, output } = compile(source);
        assert.ok(!ok && /error TS(2304|2307|2552|2580|2581|2584|2591)/.test(output), output);
      });
    }
  });

  describe("the linter", () => {
    const refusals = [
      ["packages/core/src", "@gorunner/executor-go"],
      ["packages/core/src", "node:fs"],
      ["packages/core/src/use-cases", "zod"],
      ["packages/adapters-grpc/src", "@gorunner/adapters-storage"],
      ["packages/adapters-http/src", "@gorunner/executor-go"],
      ["packages/adapters-storage/src/redis", "@gorunner/server"],
      ["packages/executor-go/src", "@gorunner/adapters-http"],
    ] as const;
    const permissions = [
      ["packages/core/src/use-cases", "../errors.js"],
      ["packages/adapters-grpc/src", "@gorunner/core"],
      ["packages/adapters-grpc/src", "./mapping.js"],
      ["packages/server/src", "@gorunner/adapters-grpc"],
    ] as const;
    /** Where an import stands in a copy of the layout, one file each. */
    const placeOf = (folder: string, imported: string) => `${folder}/probe-${imported.replaceAll(/\W/g, "-")}.ts`;
    let refused: Set<string>;

    before(() => {
      const directory = mkdtempSync(join(tmpdir(), "gorunner-lint-"));
      try {
        cpSync(join(root, "biome.json"), join(directory, "biome.json"));
        for (const [folder, imported] of [...refusals, ...permissions]) {
          mkdirSync(join(directory, folder), { recursive: true });
          writeFileSync(join(directory, placeOf(folder, imported)), `export { thing } from "${imported}";\n`);
        }
        refused = restrictedImportsIn(directory);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });

    for (const [folder, imported] of refusals) {
      it(`refuses ${imported} in ${folder}`, () => assert.ok(refused.has(placeOf(folder, imported))));
    }

    for (const [folder, imported] of permissions) {
      it(`takes ${imported} in ${folder}`, () => assert.ok(!refused.has(placeOf(folder, imported))));
    }
  });
});

/** The files below `directory` whose imports Biome refuses. */
function restrictedImportsIn(directory: string): Set<string> {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "lint", "--vcs-enabled=false", "--reporter=json", "."];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, encoding: "utf8" });
  assert.match(stdout, /^\{/, stderr);
  const { diagnostics }: { diagnostics: { category: string; location: { path: string } }[] } = JSON.parse(stdout);
  return new Set(diagnostics.filter(({ category }) => category.endsWith("noRestrictedImports")).map(({ location }) => location.path));
}
