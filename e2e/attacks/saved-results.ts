/** What `npm run test:cgroup2` saw on its own kernel: modes that this host lacks. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../support/gorunner.js";
import type { ModeResults } from "./results.js";

const directory = join(repository, ".toolchain/cgroup2");

/** @returns none where it has not run in this clone. */
export async function savedResults(): Promise<ModeResults[]> {
  if (!existsSync(directory)) return [];
  const files = (await readdir(directory)).filter((name) => name.endsWith(".json")).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
  return texts.flatMap((text) => JSON.parse(text) as ModeResults[]);
}
