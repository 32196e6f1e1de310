/** Runs the corpus in modes, each in a process of its own, and gathers what they say. */
import { spawn } from "node:child_process";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Mode, prepareMode } from "./modes.js";
import type { InForce, ModeResults, Result } from "./results.js";

export interface Asked {
  /** `few`: those that are representative everywhere. */
  part: "all" | "representative" | "few";
  /** What is in the names of the attacks. */
  pattern?: string;
  /** Called for each as it comes. */
  onResult?: (result: Result) => void;
  onInForce?: (inForce: InForce) => void;
}

const script = fileURLToPath(new URL("perform.ts", import.meta.url));
const repository = fileURLToPath(new URL("../../", import.meta.url));

/** @throws Error when the process breaks. */
export async function runMode(mode: Mode, { part, pattern = "", onResult, onInForce }: Asked): Promise<ModeResults> {
  await prepareMode(mode);
  const directory = await mkdtemp(join(tmpdir(), "gorunner-attacks-"));
  // Sandboxes start as other users, and what they are to execute may lie in there.
  await chmod(directory, 0o755);
  if (mode.user !== undefined) await chown(directory, mode.user.uid, mode.user.gid);
  try {
    const child = spawn(process.execPath, ["--expose-gc", "--import", "tsx", script, mode.name, part, pattern], {
      cwd: repository,
      env: { PATH: process.env["PATH"], HOME: directory, TMPDIR: directory, GORUNNER_TEST_CACHE_DIR: mode.cacheDir },
      stdio: ["ignore", "pipe", "inherit"],
      ...mode.user,
    });
    // Whoever ends us means it too.
    const end = () => void child.kill();
    process.once("exit", end);
    child.once("close", () => process.off("exit", end));
    const gathered: ModeResults = { mode: mode.name, results: [] };
    const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code ?? signal ?? -1));
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { result?: Result; inForce?: InForce; notOffered?: string };
      if (said.notOffered !== undefined) gathered.notOffered = said.notOffered;
      if (said.inForce !== undefined) {
        gathered.inForce = said.inForce;
        onInForce?.(said.inForce);
      }
      if (said.result !== undefined) {
        gathered.results.push(said.result);
        onResult?.(said.result);
      }
    }
    const code = await ended;
    if (code !== 0) throw new Error(`the corpus in mode ${mode.name} broke: ${code}`);
    return gathered;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
