/**
 * Docker, for the contract kits: they run against containers where they can. On Debian and Ubuntu as root it is
 * installed; where it can't be, the tests use local servers, so nothing here ever fails.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { aptInstall } from "./apt.mjs";
import { PreparationError, say } from "./console.mjs";
import { toolchain } from "./npm-package.mjs";
import { throwIfInterrupted } from "./processes.mjs";
import { onPath } from "./system.mjs";

/** Is there after a failed installation, so that not every test run tries again. */
const refusal = join(toolchain, "no-docker");

/** What Docker takes: itself, and the program that makes its bridge. */
const packages = ["docker.io", "iproute2"];

/** @param {NodeJS.ProcessEnv} [env] @param {{ isRoot?: boolean; refusal?: string; socket?: string }} [place] */
export function dockerIsWanted(env = process.env, place = {}) {
  const { isRoot = process.getuid?.() === 0 && process.platform === "linux", socket = "/var/run/docker.sock" } = place;
  if (!isRoot || !onPath("apt-get", env) || existsSync(place.refusal ?? refusal)) return false;
  if (env["GORUNNER_TEST_SERVERS"] === "local" || (env["TEST_DATABASE_URL"] && env["TEST_REDIS_URL"])) return false;
  if (env["DOCKER_HOST"] || existsSync(socket)) return false;
  return !onPath("dockerd", env) || !onPath("ip", env);
}

/** @param {(pids: number[]) => Promise<void>} note */
export async function installDocker(note) {
  say("the contract kits run against containers: installing Docker");
  try {
    await aptInstall(packages, note);
  } catch (failure) {
    throwIfInterrupted();
    if (!(failure instanceof PreparationError)) throw failure;
    say(`${failure.message}\n  The contract kits will run against local servers instead. Remove ${refusal} to try again.`);
    await mkdir(dirname(refusal), { recursive: true });
    await writeFile(refusal, `${failure.message}\n`);
  }
}
