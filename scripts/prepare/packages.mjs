/** The workspace's packages, installed by pnpm exactly as the lockfile says. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail, remedyFor, say } from "./console.mjs";
import { entriesOf, fingerprintOfContents, stampAt } from "./fingerprint.mjs";
import { installPackage, lastLines, packageDirectory, registryEnvironment, removeOtherVersions } from "./npm-package.mjs";
import { run } from "./processes.mjs";

const pnpmVersion = "10.34.9";
const stamp = stampAt("node_modules/.prepared-packages");
const pnpmScript = join(packageDirectory("pnpm", pnpmVersion), "bin", "pnpm.cjs");

/** What is no part of the workspace, as pnpm-workspace.yaml says. */
const outside = ["examples/jsonl-adapter"];

/** Directories of the workspace that have a package.json, the root first. */
export function workspaceDirectories() {
  const top = directoriesIn(".");
  return [".", ...top, ...top.flatMap(directoriesIn)].filter(
    (directory) => !outside.includes(directory) && existsSync(join(directory, "package.json")),
  );
}

/** @param {string} directory */
const directoriesIn = (directory) =>
  entriesOf(directory)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map(({ name }) => join(directory, name))
    .sort();

/** @param {{ version: string }} node */
export function packagesAreInstalled(node) {
  return stamp.is(fingerprint(node)) && workspaceDirectories().every(hasItsPackages);
}

/** @param {{ path: string; version: string }} node @param {(pids: number[]) => Promise<void>} note */
export async function installPackages(node, note) {
  if (!existsSync(pnpmScript)) await installPnpm(node, note);
  say("installing packages");
  await stamp.clear();
  const env = {
    ...(await registryEnvironment()),
    // Packages that another pnpm installed are replaced without a question: nobody is there to answer.
    npm_config_confirm_modules_purge: "false",
    PATH: `${dirname(node.path)}:${process.env["PATH"] ?? ""}`,
  };
  // Development packages too, whatever NODE_ENV says: they build and test.
  const options = ["--frozen-lockfile", "--prod=false", "--reporter=append-only", "--config.update-notifier=false"];
  const installed = await run(node.path, [pnpmScript, "install", ...options], { env, note });
  if (!installed.ok) {
    fail(`pnpm could not install the packages:\n${lastLines(installed.output)}`, remedyFor(installed.output, "See pnpm's message above."));
  }
  stamp.set(fingerprint(node));
}

/** @param {{ path: string }} node @param {(pids: number[]) => Promise<void>} note */
async function installPnpm(node, note) {
  say(`installing pnpm ${pnpmVersion} into .toolchain`);
  await installPackage(
    "pnpm",
    pnpmVersion,
    async (directory) => {
      const { ok, stdout, output } = await run(node.path, [join(directory, "bin", "pnpm.cjs"), "--version"]);
      if (!ok || stdout.trim() !== pnpmVersion) fail(`pnpm ${pnpmVersion} does not run: ${output.trim()}`, "Try again.");
    },
    note,
  );
  await removeOtherVersions("pnpm", pnpmVersion);
}

/** @param {{ version: string }} node */
function fingerprint({ version }) {
  const manifests = workspaceDirectories().map((directory) => join(directory, "package.json"));
  return fingerprintOfContents(
    ["pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ...manifests],
    [version, process.platform, process.arch, pnpmVersion],
  );
}

/** Whether a package's dependencies were not deleted since. @param {string} directory */
function hasItsPackages(directory) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return Object.keys({ ...dependencies, ...devDependencies }).every((name) => existsSync(join(directory, "node_modules", name)));
}
