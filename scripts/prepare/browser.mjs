/** The Chromium that `npm run test:browser` drives. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Its path; GORUNNER_TEST_BROWSER names another. @param {NodeJS.ProcessEnv} env @returns {string | undefined} */
export function findBrowser(env) {
  if (env["GORUNNER_TEST_BROWSER"]) return env["GORUNNER_TEST_BROWSER"];
  const directories = (env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find((path) => existsSync(path));
}
