/** The server as `npm start` runs it: its defaults, but for free ports, places of its own, and a log that can be read by a program. */
import { setTimeout as pause } from "node:timers/promises";
import { Gorunner } from "@gorunner/e2e/support/gorunner.js";

export interface Places {
  /** The file of its store. */
  database: string;
  cacheDir: string;
}

/** Keys of the configuration that are not `npm start`'s. */
type Others = Record<string, unknown>;

/** As soon as it listens; what it needs for a first answer may not be there yet. */
export function startListening({ database, cacheDir }: Places, others: Others = {}): Promise<Gorunner> {
  // `dev` is `local` with lines of JSON, and with those of level debug, which say how a program was built.
  const config = { env: "dev", db_uri: `sqlite:${database}`, executor: { cache_dir: cacheDir }, ...others };
  return Gorunner.start({ config, untilReady: false });
}

/** When it has compiled all of the standard library and made its linker: what a machine pays once is no part of a run's cost. */
export async function startWarm(places: Places, others: Others = {}): Promise<Gorunner> {
  const server = await startListening(places, others);
  try {
    await untilComplete(server);
    return server;
  } catch (failure) {
    await server.stop();
    throw failure;
  }
}

const longestCompilationMs = 15 * 60 * 1000;

/** What the log says when the background work of a first start has ended. */
const compiled = /the standard library is compiled/;
const linkerSettled = /^(the|there is no) linker that loads the standard library ahead/;

async function untilComplete(server: Gorunner): Promise<void> {
  const deadline = performance.now() + longestCompilationMs;
  const ended = server.exited().then((end) => ({ end }));
  const said = (text: RegExp) => server.logs.some(({ msg }) => text.test(msg));
  const linked = () =>
    said(linkerSettled) || server.logs.some(({ linker, msg }) => msg === "the executor is ready" && linker === "preloaded");
  while (!said(compiled) || !linked()) {
    const over = await Promise.race([ended, pause(200)]);
    if (over !== undefined || performance.now() > deadline) {
      throw new Error(`the server never completed its preparations:\n${server.output.join("\n")}`);
    }
  }
}
