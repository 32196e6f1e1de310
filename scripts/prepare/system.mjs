/**
 * What only the system's package manager brings: bubblewrap, and for the tests PostgreSQL, Redis and Chromium.
 * Installed on Debian and Ubuntu as root; elsewhere the exact command is said.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { aptInstall } from "./apt.mjs";
import { findBrowser } from "./browser.mjs";
import { fail, say } from "./console.mjs";
import { entriesOf } from "./fingerprint.mjs";

/** @typedef {"bubblewrap" | "chromium" | "postgresql" | "redis"} Need */

/** What is needed and not there. @param {string} purpose @param {NodeJS.ProcessEnv} [env] @returns {Need[]} */
export function missingFromSystem(purpose, env = process.env) {
  /** @type {Need[]} */
  const missing = [];
  if (process.platform === "linux" && !onPath("bwrap", env)) missing.push("bubblewrap");
  if (purpose === "browser" && findBrowser(env) === undefined) missing.push("chromium");
  if (purpose !== "test") return missing;
  if (!env["TEST_DATABASE_URL"] && !hasPostgres(env)) missing.push("postgresql");
  if (!env["TEST_REDIS_URL"] && !onPath("redis-server", env)) missing.push("redis");
  return missing;
}

/** @param {Need[]} missing @param {string} purpose @param {(pids: number[]) => Promise<void>} note */
export async function provideFromSystem(missing, purpose, note) {
  const manager = packageManager(process.env);
  if (manager?.name === "apt-get" && process.getuid?.() === 0) {
    await aptInstall(namesFor(missing, manager), note);
    const still = missingFromSystem(purpose);
    if (still.length === 0) return;
    fail(
      `${still.join(", ")} cannot be found although apt-get installed it`,
      `Look at: apt-get install ${namesFor(still, manager).join(" ")}`,
    );
  }
  const advice = adviceFor(missing, manager);
  if (purpose === "test" || purpose === "browser") fail(`the tests need ${missing.join(", ")}, which this machine lacks`, advice);
  say(`${missing.join(", ")} not found: nothing can be executed without a sandbox\n  ${advice}`);
}

/** The command that installs what is missing. @param {Need[]} missing @param {Manager | undefined} manager */
export function adviceFor(missing, manager) {
  const others = missing.includes("chromium")
    ? "\nor set GORUNNER_TEST_BROWSER to the path of a Chromium"
    : missing.some((need) => need !== "bubblewrap")
      ? "\nor set TEST_DATABASE_URL and TEST_REDIS_URL to servers for the tests"
      : "";
  if (manager === undefined) return `Install ${missing.join(", ")} with your system's package manager${others}`;
  const sudo = process.getuid?.() === 0 || manager.name === "brew" ? "" : "sudo ";
  return `Run: ${sudo}${manager.install} ${namesFor(missing, manager).join(" ")}${others}`;
}

/** @typedef {{ name: string; install: string; packages: Record<Need, string> }} Manager */

/** @type {Manager[]} */
const managers = [
  {
    name: "apt-get",
    install: "apt-get install -y",
    packages: { bubblewrap: "bubblewrap", chromium: "chromium", postgresql: "postgresql", redis: "redis-server" },
  },
  {
    name: "dnf",
    install: "dnf install -y",
    packages: { bubblewrap: "bubblewrap", chromium: "chromium", postgresql: "postgresql-server", redis: "valkey-compat-redis" },
  },
  {
    name: "zypper",
    install: "zypper install -y",
    packages: { bubblewrap: "bubblewrap", chromium: "chromium", postgresql: "postgresql-server", redis: "redis" },
  },
  {
    name: "pacman",
    install: "pacman -S --needed",
    packages: { bubblewrap: "bubblewrap", chromium: "chromium", postgresql: "postgresql", redis: "valkey" },
  },
  {
    name: "apk",
    install: "apk add",
    packages: { bubblewrap: "bubblewrap", chromium: "chromium", postgresql: "postgresql", redis: "redis" },
  },
  {
    name: "brew",
    install: "brew install",
    packages: { bubblewrap: "bubblewrap", chromium: "chromium", postgresql: "postgresql", redis: "redis" },
  },
];

/** @param {NodeJS.ProcessEnv} env */
export const packageManager = (env) => managers.find(({ name }) => onPath(name, env));

/** @param {Need[]} needs @param {Manager} manager */
const namesFor = (needs, manager) => needs.map((need) => manager.packages[need]);

/** @param {NodeJS.ProcessEnv} env */
function hasPostgres(env) {
  // Debian keeps the server's programs off the PATH, by version.
  return (
    (onPath("postgres", env) && onPath("initdb", env)) ||
    entriesOf("/usr/lib/postgresql").some(({ name }) => existsSync(join("/usr/lib/postgresql", name, "bin/initdb")))
  );
}

/** @param {string} program @param {NodeJS.ProcessEnv} env */
export const onPath = (program, env) =>
  (env["PATH"] ?? "").split(delimiter).some((directory) => directory !== "" && existsSync(join(directory, program)));
