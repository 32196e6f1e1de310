/** Docker for the tests: the one that runs already, else one that is started for this test run alone. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ContainerRuntimeClient } from "testcontainers";
import { findBinary } from "../binaries.js";
import { testCacheDirectory } from "../cache-directory.js";
import { answers } from "./dockerd.mjs";

export interface Docker {
  client: ContainerRuntimeClient;
  /** What containers of this test run are labelled with; those are removed when it ends. */
  labels: Record<string, string>;
  /** Where it comes from, for a person. */
  origin: string;
}

/** Docker can't be had here, for a reason that is said. */
export class NoDocker extends Error {}

let shared: Promise<Docker> | undefined;

/** @throws NoDocker */
export function docker(): Promise<Docker> {
  shared ??= findDocker();
  return shared;
}

async function findDocker(): Promise<Docker> {
  // Its helper that removes containers is an image from a registry; ours is a process beside the tests.
  process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 22))
    throw new NoDocker(`testcontainers needs Node 22.22, and this is ${process.versions.node}`);
  const { getContainerRuntimeClient } = await import("testcontainers");
  const label = `org.gorunner.test=${randomBytes(8).toString("hex")}`;
  const labels = Object.fromEntries([label.split("=")]);
  if (await mustBeStarted()) {
    const { host, failure } = await startKeeper(label, testCacheDirectory);
    if (host === undefined) throw new NoDocker(failure ?? "dockerd did not start");
    // Ports are published on loopback; testcontainers would take the bridge where it believes itself in a container.
    const client = await withEnvironment({ DOCKER_HOST: host, TESTCONTAINERS_HOST_OVERRIDE: "127.0.0.1" }, getContainerRuntimeClient);
    return { client, labels, origin: "a dockerd that was started for these tests and stops after them" };
  }
  const running = await getContainerRuntimeClient().catch(() => undefined);
  if (running === undefined) throw new NoDocker("no Docker answers, and there is none that these tests could start");
  await startKeeper(label);
  return { client: running, labels, origin: "the Docker that runs here" };
}

/** Whether Docker is installed and does not run; asked before testcontainers looks, which does so once only. */
async function mustBeStarted(): Promise<boolean> {
  if (process.env["DOCKER_HOST"] || process.platform !== "linux" || process.getuid?.() !== 0) return false;
  return findBinary("dockerd") !== undefined && !(await answers("/var/run/docker.sock"));
}

/** Runs `work` with these variables, which processes that the tests start must not see. */
async function withEnvironment<Result>(variables: Record<string, string>, work: () => Promise<Result>): Promise<Result> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** Starts the process that cleans up after this one. */
async function startKeeper(label: string, dataDirectory?: string): Promise<{ host?: string; failure?: string }> {
  const script = fileURLToPath(new URL("keeper.mjs", import.meta.url));
  const keeper = spawn(process.execPath, [script, label, ...(dataDirectory === undefined ? [] : [dataDirectory])], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const [line] = await Promise.race([once(createInterface({ input: keeper.stdout }), "line"), once(keeper, "exit")]);
  // Neither the process nor its pipes must keep a finished test run alive.
  keeper.unref();
  for (const stream of [keeper.stdin, keeper.stdout]) if ("unref" in stream && typeof stream.unref === "function") stream.unref();
  if (typeof line !== "string") throw new NoDocker("the process that would clean up after the tests ended at once");
  return JSON.parse(line);
}
