/** Finds the Go toolchain of the machine. Nothing is ever downloaded. */
import { execFile } from "node:child_process";
import { access, constants, readdir, realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { RunnerError, unavailable } from "@gorunner/core";

export interface Toolchain {
  /** As Go names it: `go1.26.8`. */
  name: string;
  goroot: string;
  /** `GOROOT/bin/go`. */
  goBinary: string;
}

/** The toolchain's language, as in a go.mod: `1.26`; undefined where it has no number. */
export const languageNumber = (name: string) => /^go(\d+\.\d+)/.exec(name)?.[1];

/** os.Root, which the supervisor uses, came with Go 1.24. */
const oldestMinor = 24;

/** @throws RunnerError UNAVAILABLE when no supported toolchain is found; the message says where it looked. */
export async function findToolchain(environment: NodeJS.ProcessEnv = process.env): Promise<Toolchain> {
  const tooOld: string[] = [];
  for (const goBinary of await candidates(environment)) {
    const toolchain = await inspect(goBinary);
    if (toolchain === undefined) continue;
    if (isSupported(toolchain.name)) return toolchain;
    tooOld.push(`${goBinary} is ${toolchain.name}`);
  }
  const seen = tooOld.length === 0 ? "" : `; ${tooOld.join(", ")}`;
  throw unavailable(
    `no Go toolchain found (looked at GOROOT, PATH, ${usualPlaces.join(", ")}${seen}); install Go ≥ 1.${oldestMinor} or set GOROOT`,
  );
}

const usualPlaces = ["/usr/local/go", "/usr/lib/go-*", "/usr/lib/go", "/opt/homebrew/opt/go/libexec"];

async function candidates(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const versioned = (await readdir("/usr/lib").catch(noSuchDirectory)).filter((name) => /^go-\d/.test(name));
  const newestFirst = versioned.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return [
    ...(environment["GOROOT"] ? [join(environment["GOROOT"], "bin")] : []),
    ...(environment["PATH"] ?? "").split(delimiter).filter((directory) => directory !== ""),
    "/usr/local/go/bin",
    ...newestFirst.map((name) => `/usr/lib/${name}/bin`),
    "/usr/lib/go/bin",
    "/opt/homebrew/opt/go/libexec/bin",
  ].map((directory) => join(directory, "go"));
}

function noSuchDirectory(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "EACCES") return [];
  throw error;
}

/** @returns undefined where there is no executable, or one that is not Go. */
async function inspect(goBinary: string): Promise<Toolchain | undefined> {
  try {
    await access(goBinary, constants.X_OK);
    const { stdout } = await promisify(execFile)(goBinary, ["env", "GOVERSION", "GOROOT"], {
      env: { PATH: "", HOME: "/", GOENV: "off", GOTOOLCHAIN: "local" },
      cwd: "/",
      timeout: 10_000,
    });
    const [name = "", goroot = ""] = stdout.trim().split("\n");
    if (!name.startsWith("go") || goroot === "") return undefined;
    const root = await realpath(goroot);
    return { name, goroot: root, goBinary: join(root, "bin", "go") };
  } catch (error) {
    if (error instanceof RunnerError) throw error;
    // Not there, not executable, or not Go: the next place may be better.
    return undefined;
  }
}

function isSupported(name: string): boolean {
  const version = /^go(\d+)\.(\d+)/.exec(name);
  if (version === null) return name.startsWith("go") && name.includes("devel");
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > 1 || (major === 1 && minor >= oldestMinor);
}
