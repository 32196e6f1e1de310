/** Tools from npm, installed into `.toolchain/` by the npm that is there. */
import { access, constants, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fail, remedyFor } from "./console.mjs";
import { run } from "./processes.mjs";

export const toolchain = resolve(".toolchain");

/** A package's directory once it is installed. @param {string} name @param {string} version */
export const packageDirectory = (name, version) => join(toolchain, `${name}-${version}`, "node_modules", name);

/**
 * Installs one exact version. The directory appears complete or not at all: a killed installation leaves only staging,
 * which the next one removes.
 *
 * @param {string} name
 * @param {string} version
 * @param {(directory: string) => Promise<void>} verify rejects when what was installed does not work
 * @param {(pids: number[]) => Promise<void>} note
 */
export async function installPackage(name, version, verify, note) {
  const target = join(toolchain, `${name}-${version}`);
  const staging = join(toolchain, `staging-${name}-${version}`);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    // npm installs where it finds a package.json, and would search upwards for one.
    await writeFile(join(staging, "package.json"), '{ "private": true }\n');
    const { command, args } = npmCommand();
    const options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const installed = await run(command, [...args, "install", "--prefix", staging, ...options, `${name}@${version}`], {
      env: await registryEnvironment(),
      note,
    });
    if (!installed.ok) {
      fail(
        `npm could not install ${name} ${version}:\n${lastLines(installed.output)}`,
        remedyFor(installed.output, "See npm's message above."),
      );
    }
    await verify(join(staging, "node_modules", name));
    await rm(target, { recursive: true, force: true });
    await rename(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes versions of a package that are no longer used. @param {string} name @param {string} version */
export async function removeOtherVersions(name, version) {
  for (const entry of await readdir(toolchain)) {
    const rest = entry.startsWith(`${name}-`) ? entry.slice(name.length + 1) : undefined;
    if (rest !== undefined && /^\d/.test(rest) && rest !== version) await rm(join(toolchain, entry), { recursive: true, force: true });
  }
}

/** The npm that runs this, else the one on the PATH. */
function npmCommand() {
  const path = process.env["npm_execpath"];
  // Another package manager that runs our scripts names itself there too.
  return path !== undefined && basename(path) === "npm-cli.js" ? { command: process.execPath, args: [path] } : { command: "npm", args: [] };
}

/**
 * The environment of a tool that fetches from the registry: it gives up after a few quick attempts instead of minutes,
 * and keeps its caches in the clone where the user has no writable home.
 */
export async function registryEnvironment() {
  const env = {
    ...process.env,
    npm_config_fetch_retries: "2",
    npm_config_fetch_retry_mintimeout: "1000",
    npm_config_fetch_retry_maxtimeout: "5000",
    npm_config_update_notifier: "false",
  };
  if (await isWritable(homedir())) return env;
  return {
    ...env,
    npm_config_cache: join(toolchain, "cache", "npm"),
    npm_config_store_dir: join(toolchain, "cache", "pnpm-store"),
    XDG_CACHE_HOME: join(toolchain, "cache"),
    XDG_STATE_HOME: join(toolchain, "cache", "state"),
  };
}

/** @param {string} directory */
async function isWritable(directory) {
  if (directory === "") return false;
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** What npm, pnpm and apt-get write that helps nobody: notices of npm's own, and the details of a stack trace. */
const noise = /A complete log of this run|Unknown (user|env|project|builtin|global) config|^npm error( +at | +\w+: |[ }]*$)|^ +at |^\s*$/;

/** The end of what a tool wrote, for an error message. @param {string} text */
export const lastLines = (text) =>
  text
    .split("\n")
    .filter((line) => !noise.test(line))
    .slice(-12)
    .map((line) => `  ${line}`)
    .join("\n");
