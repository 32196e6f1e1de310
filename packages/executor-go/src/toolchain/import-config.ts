/**
 * What the compiler and the linker must know to use the compiled standard library without the go command: where each
 * package's archive lies. Made once per toolchain; see `go tool compile -importcfg`.
 */
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Toolchain } from "./find-toolchain.js";
import { type GoCommand, runGo } from "./go-command.js";
import { makeTemporary } from "./temporary.js";

/** Where the build cache is mounted in a build sandbox. */
export const mountedBuildCache = "/gocache";
/** Where the toolchain is mounted in a build sandbox. */
export const mountedGoroot = "/usr/local/go";
/** Where the import configurations are mounted in a build sandbox, a folder for each flavour. */
export const mountedImportConfigs = "/std";
/** Where the module cache is mounted in a sandbox that has one. */
export const mountedModules = "/modules";

export interface ImportConfigParts {
  toolchain: Toolchain;
  buildCache: string;
  /** Where the files go: `toolchain`, `compile.cfg`, `link.cfg`, as the builder reads them. */
  directory: string;
  /** What distinguishes this flavour of the library. */
  flags: string[];
}

/** Packages that only the standard library itself may import. */
export const isInternal = (path: string) => path.split("/").some((part) => part === "internal" || part === "vendor");

/** Whether a whole configuration is there, and every archive that it names. */
export async function hasImportConfig({ buildCache, directory }: ImportConfigParts): Promise<boolean> {
  try {
    await stat(join(directory, "toolchain"));
    const archives = (await readFile(join(directory, "link.cfg"), "utf8")).matchAll(/^packagefile [^=]+=(.+)$/gm);
    await Promise.all([...archives].map(([, path = ""]) => stat(path.replace(mountedBuildCache, buildCache))));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

/** Writes the configuration; what is missing of the standard library is compiled first. */
export async function writeImportConfig(parts: ImportConfigParts, options: { background: boolean; signal: AbortSignal }): Promise<void> {
  const { toolchain, buildCache, directory, flags } = parts;
  const go: Go = (args, other = {}) => runGo({ toolchain, buildCache, args, cwd: buildCache, ...options, ...other });
  const list = await go(["list", "-trimpath", ...flags, "-export", "-f", "{{if .Export}}{{.ImportPath}}={{.Export}}{{end}}", "std"]);
  const archives = list
    .trim()
    .split("\n")
    .map((line) => {
      const [path = "", file = ""] = line.split("=");
      return { path, line: `packagefile ${path}=${file.replace(buildCache, mountedBuildCache)}` };
    });
  const [tools = ""] = (await go(["env", "GOTOOLDIR"])).trim().split("\n");
  const facts = [toolchain.name, languageOf(toolchain.name), tools.replace(toolchain.goroot, mountedGoroot)];
  await writeWhole(directory, {
    "compile.cfg": lines(archives.filter(({ path }) => !isInternal(path)).map(({ line }) => line)),
    "link.cfg": lines([await moduleInfo(parts, go), ...archives.map(({ line }) => line)]),
    // Last: its presence says that all is there.
    toolchain: lines(facts),
  });
}

type Go = (args: string[], other?: Partial<GoCommand>) => Promise<string>;

const lines = (all: string[]) => `${all.join("\n")}\n`;

/** `go1.26.8` speaks `go1.26`; a development version, its own language. */
const languageOf = (name: string) => /^go\d+\.\d+/.exec(name)?.[0] ?? name;

/** The line of the linker's configuration that a program reads back by `debug.ReadBuildInfo`, as go itself would write it. */
async function moduleInfo({ directory, flags }: ImportConfigParts, go: Go): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const work = await makeTemporary(directory);
  try {
    await writeFile(join(work, "prog.go"), "package main\n\nfunc main() {}\n");
    const plan = await go(["build", "-n", "-trimpath", ...flags, "-buildvcs=false", "-buildmode=exe", "-ldflags=-s -w", "prog.go"], {
      cwd: work,
      answer: "stderr",
    });
    return /^modinfo .*$/m.exec(plan)?.[0] ?? "";
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Each file appears whole or not at all, in the given order. */
async function writeWhole(directory: string, files: Record<string, string>): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  for (const [name, content] of Object.entries(files)) {
    const aside = join(directory, `.${name}-${process.pid}`);
    await writeFile(aside, content, { mode: 0o644 });
    await rename(aside, join(directory, name));
  }
}
