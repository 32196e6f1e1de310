/** Installs Debian packages, without starting a service or making a database cluster. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fail, remedyFor, say } from "./console.mjs";
import { entriesOf } from "./fingerprint.mjs";
import { lastLines } from "./npm-package.mjs";
import { run } from "./processes.mjs";

/**
 * What keeps packages from starting what they install, while they are being installed: invoke-rc.d asks policy-rc.d
 * (exit 101: not allowed; its manual page), and PostgreSQL's packages ask createcluster.conf (its comments).
 */
const guards = [
  { path: "/usr/sbin/policy-rc.d", text: "#!/bin/sh\nexit 101\n", mode: 0o755 },
  { path: "/etc/postgresql-common/createcluster.conf", text: "create_main_cluster = false\n", mode: 0o644 },
];

/** @param {string[]} packages @param {(pids: number[]) => Promise<void>} note */
export async function aptInstall(packages, note) {
  say(`installing ${packages.join(", ")} with apt-get (as root on Debian or Ubuntu)`);
  const guarded = guards.filter(({ path }) => !existsSync(path));
  try {
    for (const { path, text, mode } of guarded) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { mode });
    }
    const hasLists = entriesOf("/var/lib/apt/lists").some(({ name }) => name.endsWith("_Packages") || name.includes("_Packages."));
    if (hasLists && (await apt(["install", ...packages], note)).ok) return;
    // No package lists yet, or too old ones.
    say("updating the package lists with apt-get update");
    const updated = await apt(["update"], note);
    const installed = await apt(["install", ...packages], note);
    if (installed.ok) return;
    const said = `${updated.ok ? "" : updated.output}\n${installed.output}`;
    fail(
      `apt-get could not install ${packages.join(", ")}:\n${lastLines(said)}`,
      remedyFor(said, `Mend that, or run: apt-get update && apt-get install -y ${packages.join(" ")}`),
    );
  } finally {
    for (const { path } of guarded) {
      await rm(path, { force: true });
      // The package's own version, which ucf put beside ours, takes its place.
      if (existsSync(`${path}.ucf-dist`)) await rename(`${path}.ucf-dist`, path);
    }
  }
}

/** @param {string[]} args @param {(pids: number[]) => Promise<void>} note */
function apt(args, note) {
  const options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-confold", "--no-install-recommends"];
  return run("apt-get", [...options, ...args], { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" }, note });
}
