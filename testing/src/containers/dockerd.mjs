/**
 * A Docker daemon for one test run, apart from any other: its own socket, data and bridge. It touches neither iptables
 * nor the host's forwarding: published ports go through its proxy, on loopback, and containers reach nothing outside.
 */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startTimeoutMs = 30_000;
const stopTimeoutMs = 15_000;
/** How many may run at once on one machine, each for another test run. */
const places = 16;

/**
 * Starts one. Images are kept below `dataDirectory` from run to run.
 *
 * @param {string} dataDirectory
 * @returns {Promise<{ host: string; stop(): Promise<void> }>}
 */
export async function startDockerd(dataDirectory) {
  const place = await freePlace();
  const name = `gorunner-kit${place}`;
  const run = mkdtempSync(join(tmpdir(), "gorunner-docker-"));
  const socket = join(run, "docker.sock");
  const data = join(dataDirectory, `docker-${place}`);
  const clean = () => {
    removeBridge(name);
    unmount(data);
    removeControlGroups(name);
    rmSync(run, { recursive: true, force: true });
  };
  try {
    // One that was killed may have left its own.
    clean();
    mkdirSync(run);
    // 198.18.0.0/15 is for tests of networks (RFC 2544): nobody's network is there.
    ip("link", "add", name, "type", "bridge");
    ip("address", "add", `198.18.${place}.1/24`, "dev", name);
    ip("link", "set", name, "up");
    mkdirSync(data, { recursive: true });
    const files = ["--data-root", data, "--exec-root", join(run, "exec"), "--pidfile", join(run, "pid")];
    const network = [
      "--bridge",
      name,
      "--ip",
      "127.0.0.1",
      "--iptables=false",
      "--ip6tables=false",
      "--ip-forward=false",
      "--ip-masq=false",
    ];
    const log = openSync(join(run, "log"), "w");
    const child = spawn("dockerd", [...files, ...network, "--host", `unix://${socket}`, "--cgroup-parent", name], {
      stdio: ["ignore", log, log],
      cwd: run,
    });
    closeSync(log);
    const ended = new Promise((resolve) => child.once("close", resolve).once("error", resolve));
    const running = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    const stop = async () => {
      if (running()) {
        child.kill("SIGTERM");
        const impatience = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
        await ended;
        clearTimeout(impatience);
      }
      endContainerd(run);
      clean();
    };
    const deadlineMs = performance.now() + startTimeoutMs;
    while (!(await answers(socket))) {
      if (running() && performance.now() < deadlineMs) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      const said = readFileSync(join(run, "log"), "utf8").trim().split("\n").slice(-3).join("\n");
      await stop();
      throw new Error(`dockerd did not start: ${said}`);
    }
    return { host: `unix://${socket}`, stop };
  } catch (failure) {
    clean();
    throw failure;
  }
}

/** The first number that no other dockerd of ours has; ours as long as this process lives (unix(7), abstract sockets). */
async function freePlace() {
  for (let place = 0; place < places; place++) {
    const taken = await new Promise((resolve, reject) => {
      const lock = createServer();
      lock.once("error", (/** @type {NodeJS.ErrnoException} */ error) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
      lock.listen(`\0gorunner-kit-docker-${place}`, () => resolve(lock.unref() !== undefined));
    });
    if (taken) return place;
  }
  throw new Error(`${places} test runs have a dockerd of their own already`);
}

/** Whether a daemon answers at this socket. @param {string} socketPath @returns {Promise<boolean>} */
export function answers(socketPath) {
  return new Promise((resolve) => {
    request({ socketPath, path: "/_ping" }, (response) => resolve(response.resume().statusCode === 200))
      .on("error", () => resolve(false))
      .end();
  });
}

/** @param {string[]} args */
const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });

/** @param {string} name */
function removeBridge(name) {
  if (existsSync(`/sys/class/net/${name}`)) ip("link", "delete", name);
}

/** Docker mounts its data directory onto itself, and a killed one leaves that, and what containers had. @param {string} data */
function unmount(data) {
  const mounted = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[1] ?? []);
  for (const path of mounted.filter((path) => path === data || path.startsWith(`${data}/`)).reverse()) {
    execFileSync("umount", [path], { stdio: ["ignore", "ignore", "pipe"] });
  }
}

/** A dockerd that was killed leaves the containerd that it started. @param {string} run */
function endContainerd(run) {
  const pidFile = join(run, "exec", "containerd", "containerd.pid");
  if (!existsSync(pidFile)) return;
  try {
    process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
  }
}

/** The groups that Docker put its containers in; it leaves the parents, version 1 one in each hierarchy. @param {string} name */
function removeControlGroups(name) {
  const root = "/sys/fs/cgroup";
  if (!existsSync(root)) return;
  for (const parent of [root, ...readdirSync(root).map((hierarchy) => join(root, hierarchy))]) {
    const group = join(parent, name);
    if (existsSync(group)) rmdirSync(group);
  }
}
