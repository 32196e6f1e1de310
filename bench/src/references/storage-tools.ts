/** The tools that PostgreSQL and Redis bring along to measure themselves: what their servers can do on this machine. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { debianPostgresDirectories, findBinary } from "@gorunner/testing";
import { outputOf } from "./timed-process.js";

/** As many calls at once as the rows make. */
export interface ToolLoad {
  clients: number;
  seconds: number;
}

/** pgbench against a database of its own, made once. */
export class Pgbench {
  readonly #url: URL;
  readonly #program: string;
  readonly #directory: string;

  private constructor(url: URL, program: string, directory: string) {
    this.#url = url;
    this.#program = program;
    this.#directory = directory;
  }

  /** @param options.scale of 100,000 rows each. */
  static async open(url: string, options: { scale: number; directory: string }): Promise<Pgbench> {
    const pgbench = new Pgbench(new URL(url), programNamed("pgbench", debianPostgresDirectories()), options.directory);
    await pgbench.#run(["-i", "-q", "-s", String(options.scale)]);
    await writeFile(pgbench.#insertFile, insertScript);
    return pgbench;
  }

  /** `pgbench -S`: point reads by primary key. @returns how many a second. */
  reads(load: ToolLoad): Promise<number> {
    return this.#perSecond(["-S"], load);
  }

  /** Inserts of a row like a snippet's, each committed. @returns how many a second. */
  inserts(load: ToolLoad): Promise<number> {
    return this.#perSecond(["-f", this.#insertFile], load);
  }

  get #insertFile(): string {
    return join(this.#directory, "insert.sql");
  }

  async #perSecond(what: string[], { clients, seconds }: ToolLoad): Promise<number> {
    const told = await this.#run(["-n", "-M", "prepared", "-c", String(clients), "-T", String(seconds), ...what]);
    return figureIn(told, /^tps = ([\d.]+)/m);
  }

  #run(args: string[]): Promise<string> {
    const { hostname, port, username, password, pathname } = this.#url;
    return outputOf({
      argv: [this.#program, "-h", hostname, "-p", port, "-U", decodeURIComponent(username), ...args, pathname.slice(1)],
      directory: this.#directory,
      env: { PATH: process.env["PATH"], PGPASSWORD: decodeURIComponent(password), LC_ALL: "C" },
    });
  }
}

/** Into a table without an index: the least that a committed insert costs. */
const insertScript = "insert into pgbench_history (tid, bid, aid, delta, mtime, filler) values (1, 1, 1, 1, now(), 'x');\n";

/** `redis-benchmark -t get` of values as long as a snippet. @returns how many a second. */
export async function redisGets(
  url: string,
  { clients, requests, directory }: { clients: number; requests: number; directory: string },
): Promise<number> {
  const { hostname, port } = new URL(url);
  const args = ["-h", hostname, "-p", port, "-t", "set,get", "-d", "200", "-c", String(clients), "-n", String(requests), "--csv"];
  const told = await outputOf({
    argv: [programNamed("redis-benchmark"), ...args],
    directory,
    env: { PATH: process.env["PATH"] },
  });
  return figureIn(told, /^"GET","([\d.]+)"/m);
}

function programNamed(name: string, directories: string[] = []): string {
  const found = findBinary(name, directories);
  if (found === undefined) throw new Error(`no ${name} found, beside which the bench measures: install postgresql and redis-tools`);
  return found;
}

function figureIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`this says no figure: ${text}`);
  return Number(found);
}
