/** What there is on the host for an attack to reach. Everybody on the host could reach it. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestProxy } from "@gorunner/testing";
import type { World } from "./attack.js";
import { linkedModule, linkedModulePath, linkedModuleVersion } from "./compile/linked-module.js";
import { openNameServer } from "./name-server.js";
import type { HostThings } from "./rewritings.js";

export interface OpenWorld extends World {
  things: HostThings;
  /** The URL of a module proxy. */
  moduleProxy: string;
  close(): Promise<void>;
}

export async function openWorld(): Promise<OpenWorld> {
  const directory = await mkdtemp(join(tmpdir(), "gorunner-world-"));
  await chmod(directory, 0o755);
  const file = join(directory, "secret");
  await writeFile(file, "the host's", { mode: 0o644 });
  const things = { directory, shared: join(directory, "shared"), groups: join(directory, "groups") };
  for (const path of [things.shared, things.groups]) {
    await mkdir(path);
    await chmod(path, 0o1777);
  }
  const processes = join(things.groups, "cgroup.procs");
  await writeFile(processes, "");
  await chmod(processes, 0o666);
  const pathSocket = join(directory, "socket");
  const abstractSocket = `gorunner-world-${process.pid}`;
  const servers = await Promise.all([
    listen({ port: 0, host: "127.0.0.1" }),
    listen({ path: `\0${abstractSocket}` }),
    listen({ path: pathSocket }),
  ]);
  await chmod(pathSocket, 0o777);
  const udp = createSocket("udp4");
  udp.bind(0, "127.0.0.1");
  await once(udp, "listening");
  const names = await openNameServer();
  const modules = new TestProxy();
  const moduleProxy = await modules.start();
  modules.serve(linkedModulePath, linkedModuleVersion, linkedModule);
  return {
    things,
    moduleProxy,
    tcpPort: (servers[0].address() as AddressInfo).port,
    udpPort: udp.address().port,
    nameServerPort: names.port,
    abstractSocket,
    pathSocket,
    file,
    close: async () => {
      await Promise.all([...servers.map(close), new Promise<void>((resolve) => udp.close(resolve)), names.close(), modules.stop()]);
      await rm(directory, { recursive: true });
    },
  };
}

async function listen(where: { port: number; host: string } | { path: string }): Promise<Server> {
  // Whoever comes is let go at once.
  const server = createServer((socket: Socket) => socket.on("error", () => {}).destroy());
  server.listen(where);
  await once(server, "listening");
  return server;
}

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));
