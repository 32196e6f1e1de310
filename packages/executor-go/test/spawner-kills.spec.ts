/**
 * The helper that starts sandboxes is killed at random moments of their start. `SPAWNER_KILLS=1000` kills it more often,
 * `SPAWNER_KILLS_SEED=7` at other moments.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { RunnerError } from "@gorunner/core";
import { findBubblewrap } from "../src/sandbox/bubblewrap.js";
import { BubblewrapTier, endSandboxesOf } from "../src/sandbox/bubblewrap-tier.js";
import { writeEtc } from "../src/sandbox/etc.js";
import { findResources } from "../src/sandbox/find-cgroups.js";
import { Identities } from "../src/sandbox/identity.js";
import { writeFilters } from "../src/sandbox/seccomp/filters.js";
import { Spawner } from "../src/sandbox/spawner.js";
import { commandOf, descendants } from "./host-leftovers.js";
import { supervisorBinary } from "./supervisor-binary.js";

const kills = Number(process.env["SPAWNER_KILLS"] ?? 40);
const seed = Number(process.env["SPAWNER_KILLS_SEED"] ?? 1);
/** A start takes some ten milliseconds. */
const momentsMs = 25;
const owner = `test-kills-${process.pid}`;

/** A linear congruential generator (Numerical Recipes), from 0 to below 1. */
function chances(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const helpers = () => descendants().filter(({ command }) => command.includes(" spawner @gorunner-"));

/** What bubblewrap is or was about to become, whoever its parent is now. */
const left = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandOf(pid).startsWith(`gorunner-${owner}/bwrap`));

const { cgroups } = await findResources({ mode: "auto", owner });

describe(`Killing what starts sandboxes ${kills} times (seed ${seed})`, function () {
  this.timeout(60_000 + 2_000 * kills);
  let directory = "";
  let supervisor = "";
  const identities = new Identities();
  before(async () => {
    supervisor = await supervisorBinary();
    directory = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    await chmod(directory, 0o755);
    await writeEtc(join(directory, "etc"));
  });
  after(async () => {
    await identities.close();
    await rm(directory, { recursive: true });
    await endSandboxesOf(owner);
  });

  for (const groups of cgroups === undefined ? [undefined] : [undefined, cgroups]) {
    it(`leaves no process of those that were starting, ${groups === undefined ? "under rlimits" : `in ${groups.name}`}`, async () => {
      const memory = await mkdtemp(join(directory, "memory-"));
      await chmod(memory, 0o755);
      const spawner = await Spawner.open(supervisor, { directory: memory, etc: join(directory, "etc"), devices: [] });
      const tier = new BubblewrapTier({
        bubblewrap: await findBubblewrap(),
        memory,
        filters: await writeFilters({ directory, exactMemory: groups !== undefined }),
        ...{ spawner, owner, cgroups: groups },
      });
      const { uid, release } = await identities.take();
      const layout = { tmpBytes: 1 << 20, readOnly: [], programBytes: 1 << 20 };
      const chance = chances(seed);
      const startOne = async () => {
        try {
          const sandbox = await tier.start({ purpose: "run", layout, ...(uid === undefined ? {} : { uid }) });
          await sandbox.discard();
        } catch (error) {
          assert.ok(error instanceof RunnerError && error.code === "UNAVAILABLE", String(error));
        }
      };
      for (let kill = 0; kill < kills; kill++) {
        const starts = [startOne(), startOne()];
        await delay(chance() * momentsMs);
        for (const { pid } of helpers()) process.kill(pid, "SIGKILL");
        await Promise.all(starts);
      }
      assert.deepEqual(left(), []);
      await spawner.close();
      await release();
    });
  }
});
