/**
 * Images made from the programs that are installed here, for machines that reach no registry: the programs, the
 * libraries that they are linked with, and a shell.
 */
import { execFile } from "node:child_process";
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findBinary } from "../binaries.js";
import type { Docker } from "./docker.js";

const run = promisify(execFile);

export interface Recipe {
  /** `repository:tag`; the tag changes with all that goes in. */
  name: string;
  /** Programs to find in these directories, then on the PATH. */
  programs: string[];
  directories?: string[];
  /** Whole directories that the programs read; libraries below them are theirs too. */
  trees: string[];
  user: string;
  /** Where the user keeps data, made in the image. */
  home: string;
  /** A shell script; its arguments are the command. */
  entrypoint: string;
  command: string[];
  port: number;
}

/** What an image's user is called inside; as in the usual images. */
const uid = 999;
/** What testcontainers calls to see whether a port is open, and entrypoints need. */
const shells = ["/bin/sh", "/bin/bash"];
const tools = ["cat", "grep", "awk", "id", "chown", "chmod"];

/** PostgreSQL's compiler of queries, which brings LLVM and which no test needs. */
const left = ["llvmjit*", "bitcode"];

/** Makes the image in Docker, in place of those that an older recipe or version gave. */
export async function makeImage(recipe: Recipe, docker: Docker): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "gorunner-image-"));
  try {
    const [repository = "", tag = ""] = recipe.name.split(":");
    const tar = await packFiles(recipe, directory);
    const changes = [
      `ENTRYPOINT ["/entrypoint.sh"]`,
      `CMD ${JSON.stringify(recipe.command)}`,
      `USER ${recipe.user}`,
      `WORKDIR ${recipe.home}`,
      `EXPOSE ${recipe.port}`,
      "ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8",
    ].join("\n");
    const { dockerode } = docker.client.container;
    const progress = await dockerode.importImage(createReadStream(tar), { repo: repository, tag, changes });
    const events: { error?: string }[] = await new Promise((resolve, reject) =>
      dockerode.modem.followProgress(progress, (failure, told) => (failure === null ? resolve(told) : reject(failure))),
    );
    const error = events.find((event) => event.error !== undefined)?.error;
    if (error !== undefined) throw new Error(`Docker could not import ${recipe.name}: ${error}`);
    for (const { RepoTags = [] } of await dockerode.listImages({ filters: { reference: [repository] } })) {
      for (const old of RepoTags.filter((name) => name !== recipe.name)) await dockerode.getImage(old).remove();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @returns the path of a tar file with all that is in the image. */
async function packFiles(recipe: Recipe, directory: string): Promise<string> {
  const programs = recipe.programs.map((name) => found(name, recipe.directories));
  const libraries = recipe.trees.flatMap((tree) => filesBelow(tree).filter((file) => file.endsWith(".so") && !file.includes("llvmjit")));
  const helpers = [...shells, ...tools.map((name) => found(name))];
  const linked = await linkedLibraries([...programs, ...helpers, ...libraries]);
  // The locale that is UTF-8 everywhere, and has no file of its own where the C library has it built in.
  const locale = ["/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8"].flatMap(filesBelow);

  const root = join(directory, "root");
  const bin = join(root, "usr/local/bin");
  mkdirSync(bin, { recursive: true });
  for (const program of programs)
    writeFileSync(join(bin, program.slice(program.lastIndexOf("/") + 1)), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
  mkdirSync(join(root, "etc"));
  writeFileSync(join(root, "etc/passwd"), `root:x:0:0::/:/bin/sh\n${recipe.user}:x:${uid}:${uid}::${recipe.home}:/bin/sh\n`);
  writeFileSync(join(root, "etc/group"), `root:x:0:\n${recipe.user}:x:${uid}:\n`);
  writeFileSync(join(root, "entrypoint.sh"), recipe.entrypoint, { mode: 0o755 });
  const data = join(directory, "data");
  mkdirSync(join(data, recipe.home), { recursive: true });
  mkdirSync(join(data, "tmp"));
  mkdirSync(join(data, "run"));

  const list = join(directory, "list");
  const inTree = (path: string) => recipe.trees.some((tree) => path.startsWith(`${tree}/`));
  const copied = [...recipe.trees, ...new Set([...programs, ...helpers, ...linked, ...locale].filter((path) => !inTree(path)))];
  writeFileSync(list, copied.map((path) => `${path.slice(1)}\n`).join(""));
  const tar = join(directory, "image.tar");
  const owned = (id: number) => ["--numeric-owner", `--owner=${id}`, `--group=${id}`];
  // Links are followed: where /bin and /lib are links to /usr, the image has files in both.
  await run("tar", ["-chf", tar, ...owned(0), ...left.map((pattern) => `--exclude=${pattern}`), "-C", "/", "-T", list], options);
  await run("tar", ["-rf", tar, ...owned(0), "-C", root, "usr", "etc", "entrypoint.sh"], options);
  await run("tar", ["-rf", tar, ...owned(uid), "-C", data, `.${recipe.home}`], options);
  await run("tar", ["-rf", tar, ...owned(0), "--mode=1777", "-C", data, "tmp", "run"], options);
  return tar;
}

const options = { maxBuffer: 2 ** 26, env: { ...process.env, LC_ALL: "C" } };

/** Every shared library that these files are linked with, and the loader: ldd(1) tells. */
async function linkedLibraries(files: string[]): Promise<string[]> {
  const { stdout } = await run("ldd", [...new Set(files.map((file) => realpathSync(file)))], options);
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+)(?= \(0x)/gm)].flatMap(([, path]) => (path === undefined ? [] : [path]));
}

function found(name: string, directories: string[] = []): string {
  const path = findBinary(name, directories);
  if (path === undefined) throw new Error(`an image needs ${name}, which this machine lacks`);
  return path;
}

function filesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** `/usr/lib/postgresql/15` from `/usr/lib/postgresql/15/bin/initdb`. */
export const prefixOf = (program: string) => dirname(dirname(program));
