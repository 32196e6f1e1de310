/** Finds the Go toolchain. Runner can't bring it: it is what runs the snippets. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fail } from "./console.mjs";
import { entriesOf } from "./fingerprint.mjs";
import { run } from "./processes.mjs";

/** The oldest Go that Runner supports, as [major, minor]. */
const oldest = /** @type {const} */ ([1, 24]);

/**
 * The directory of a `go` that is new enough.
 *
 * @param {{ env?: NodeJS.ProcessEnv; root?: string; home?: string }} [machine] where to look; `root` stands for `/`
 * @throws {import("./console.mjs").PreparationError} that says what to install
 */
export async function findGo(machine = {}) {
  const tooOld = [];
  for (const directory of goDirectories(machine)) {
    if (!existsSync(join(directory, "go"))) continue;
    // GOTOOLCHAIN=local: a go.mod nearby must not make it fetch another Go.
    const { ok, stdout, output } = await run(join(directory, "go"), ["env", "GOVERSION"], {
      env: { ...process.env, ...machine.env, GOTOOLCHAIN: "local" },
    });
    if (ok && isNewEnough(stdout.trim())) return directory;
    tooOld.push(`${join(directory, "go")} (${ok ? stdout.trim() : output.trim().split("\n")[0]})`);
  }
  const wanted = oldest.join(".");
  return fail(
    tooOld.length > 0
      ? `no Go ${wanted} or newer found, only ${tooOld.join(", ")}`
      : "no Go toolchain found (looked at GOROOT, PATH, /usr/local/go, /usr/lib/go*, ~/go, ~/sdk, /opt/homebrew, /snap)",
    `Install Go ${wanted} or newer (https://go.dev/doc/install), or set GOROOT to where it is.`,
  );
}

/** @param {{ env?: NodeJS.ProcessEnv; root?: string; home?: string }} machine */
function goDirectories({ env = process.env, root = "/", home = homedir() }) {
  const candidates = [
    ...(env["GOROOT"] ? [join(env["GOROOT"], "bin")] : []),
    ...(env["PATH"] ?? "").split(delimiter).filter((entry) => entry !== ""),
    join(root, "usr/local/go/bin"),
    ...versionsIn(join(root, "usr/lib"), /^go(-|$)/),
    join(home, "go/bin"),
    ...versionsIn(join(home, "sdk"), /^go\d/),
    join(root, "opt/homebrew/bin"),
    join(root, "usr/local/bin"),
    join(root, "snap/bin"),
  ];
  return [...new Set(candidates)];
}

/** `bin` of each directory whose name fits, the newest first. @param {string} directory @param {RegExp} name */
const versionsIn = (directory, name) =>
  entriesOf(directory)
    .filter((entry) => name.test(entry.name))
    .map((entry) => entry.name)
    .sort((one, other) => other.localeCompare(one, "en", { numeric: true }))
    .map((entry) => join(directory, entry, "bin"));

/** @param {string} version as Go writes it: `go1.26.8`, `go1.27rc1`, `devel go1.27-…` */
function isNewEnough(version) {
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
}
