/** A real server for attacks on the service, and what they ask of it. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { Gorunner, type GorunnerOptions } from "../../support/gorunner.js";

export interface Stage {
  /** This mode's. */
  cacheDir: string;
  /** One that serves all attacks which don't need their own. */
  server: Gorunner;
  /** One more, on this mode's resources, which the attack stops itself. */
  start(
    options?: { executor?: Record<string, unknown> } & Omit<GorunnerOptions, "config"> & { config?: Record<string, unknown> },
  ): Promise<Gorunner>;
}

/** @param executor configuration of this mode's executor */
export async function openStage(executor: Record<string, unknown>): Promise<Stage> {
  const start: Stage["start"] = ({ executor: more, config, ...options } = {}) =>
    Gorunner.start({ ...options, config: { ...config, executor: { ...executor, ...more } } });
  return { cacheDir: String(executor["cache_dir"]), server: await start(), start };
}

export interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

export interface Post {
  url: string;
  body: string | Uint8Array;
  headers?: Record<string, string>;
  /** An address of this host's loopback: by it the server tells callers apart. */
  from?: string;
  signal?: AbortSignal;
}

/** By a connection that ends with it. */
export function post({ url, body, headers = {}, from, signal }: Post): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: "POST",
      agent: false as const,
      headers,
      ...(from === undefined ? {} : { localAddress: from }),
      ...(signal === undefined ? {} : { signal }),
    };
    const sent = request(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString("utf8") }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Memory that a process holds, in MiB. */
export const residentMib = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
