/** Starts a sandbox that the supervisor keeps: within one time limit, and with nothing left where that fails. */
import type { Socket } from "node:net";
import { unavailable } from "@gorunner/core";
import { Cancellation } from "../pool/cancellation.js";
import { Countdown } from "../pool/countdown.js";
import type { Cgroups } from "./cgroups.js";
import { encodeAhead, encodeLauncher } from "./job.js";
import type { Spawned } from "./spawned.js";
import type { Spawner } from "./spawner.js";
import { notTold, type SpawnedExit } from "./spawner-helper.js";
import { clear, type Launch, SupervisedSandbox } from "./supervised-sandbox.js";
import type { Sandbox, SandboxStart } from "./tier.js";
import { framesFrom } from "./wires.js";

export interface SupervisedStart {
  start: SandboxStart;
  launch: Launch;
  spawner: Spawner;
  /** Absent where only rlimits hold. */
  cgroups: Cgroups | undefined;
}

/** How long a sandbox may take to stand, all that it waits for included; it takes some ten milliseconds. */
const startTimeoutMs = 30_000;

/** As {@link SandboxTier.start}. It ends within its time limit whatever is lost on the way. */
export async function startSandbox({ start, launch, cgroups, spawner }: SupervisedStart): Promise<Sandbox> {
  const { uid, artifact } = start;
  const { command, args, title, hasStatus, sandboxFilter, programFilter, memory } = launch;
  const cgroup = cgroups?.next();
  const spawned = spawner.spawn({
    ...{ command, args, hasStatus },
    ...(title === undefined ? {} : { title }),
    ...(cgroup === undefined ? {} : { groups: cgroup.directories }),
    ...(uid === undefined ? {} : { uid }),
    ...(artifact === undefined ? {} : { artifact }),
    ...(sandboxFilter === undefined ? {} : { filter: sandboxFilter }),
    ...(memory === undefined ? {} : { memory }),
  });
  const timeUp = new AbortController();
  using overdue = new Countdown(startTimeoutMs, () => timeUp.abort(unavailable("the sandbox did not start in time")));
  using cancellation = new Cancellation([timeUp.signal, spawner.stopping]);
  overdue.go();
  try {
    const control = await cancellation.race(spawned.control);
    if (control === undefined) throw notStarted(await cancellation.race(spawned.exited));
    const frames = await cancellation.race(stand(spawned, control));
    if (start.ahead !== undefined) control.write(encodeAhead(start.ahead(launch.locate)));
    if (programFilter !== undefined) control.write(encodeLauncher());
    return new SupervisedSandbox({ launch, spawned, control, frames, cgroup });
  } catch (error) {
    await abandon(spawned, launch, error);
    throw error;
  }
}

/** Resolves when the walls stand and the supervisor waits for its job, with what comes from it then. */
async function stand(spawned: Spawned, control: Socket): Promise<ReturnType<typeof framesFrom>> {
  void spawned.exited.then((exit) => {
    // What could tell of it has died, and what it leaves may still have the other end.
    if (exit.code === notTold) control.destroy();
  });
  const frames = framesFrom(control);
  const first = await frames.next();
  const pid = await spawned.firstPid;
  if (first.done || first.value.kind !== "r" || pid === undefined) throw notStarted(await spawned.exited);
  return frames;
}

const notStarted = ({ said }: SpawnedExit) => unavailable(`the sandbox could not be started: ${said.trim() || "no reason given"}`);

/** Ends a sandbox that does not come to stand. @throws RunnerError UNAVAILABLE when something of it is left. */
async function abandon(spawned: Spawned, launch: Launch, why: unknown): Promise<void> {
  void spawned.control.then((control) => control?.destroy());
  spawned.giveUp();
  await spawned.exited;
  try {
    await clear({ spawned, launch });
  } catch (error) {
    throw unavailable("a sandbox that did not start could not be cleared", new AggregateError([why, error]));
  }
}
