import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { debianPostgresDirectories, findBinary, unprivilegedUser } from "./binaries.js";
import { makeCertificate } from "./certificate.js";
import { startServer, type TestServer } from "./test-server.js";

export interface FreshDatabase {
  url: string;
  /** Removes the database, whoever is still connected to it. */
  drop(): Promise<void>;
}

const user = "runner";
const password = "p@ss/word";

let shared: Promise<{ url: string }> | undefined;

/** The PostgreSQL server of this test run: TEST_DATABASE_URL's, else one started now, once. */
export function testPostgres(): Promise<{ url: string }> {
  const given = process.env["TEST_DATABASE_URL"];
  shared ??= given === undefined || given === "" ? startPostgres() : Promise.resolve({ url: given });
  return shared;
}

/** An empty database of its own on that server, or on the shared one. */
export async function freshDatabase(on: Promise<{ url: string }> = testPostgres()): Promise<FreshDatabase> {
  const server = await on;
  const name = `runner_test_${randomBytes(8).toString("hex")}`;
  await administer(server.url, `create database ${name} template template0`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(server.url, `drop database if exists ${name} with (force)`) };
}

/**
 * A PostgreSQL server that the caller owns, for tests that stop or freeze it. `settings` are postgresql.conf's.
 * With `tls` it has a certificate for `localhost`, signed by itself: `server.crt` in its directory.
 */
export async function startPostgres(options: { settings?: Record<string, string>; tls?: boolean } = {}): Promise<TestServer> {
  const initdb = findBinary("initdb", debianPostgresDirectories());
  const postgres = findBinary("postgres", debianPostgresDirectories());
  if (initdb === undefined || postgres === undefined) {
    throw new Error(
      "no PostgreSQL found for the tests (looked at /usr/lib/postgresql/*/bin and PATH): install it (Debian, Ubuntu: apt-get install postgresql) " +
        "or set TEST_DATABASE_URL to a server where the tests may create databases",
    );
  }
  const owner = unprivilegedUser();
  const asSomeone = isKnownUser() ? [] : asNobody;
  return startServer({
    name: "postgres",
    readyLine: /database system is ready to accept connections/,
    stopSignal: "SIGINT",
    user: owner,
    prepare(directory) {
      const passwordFile = join(directory, "password");
      writeFileSync(passwordFile, password);
      const args = ["-D", join(directory, "data"), "-U", user, "-A", "scram-sha-256", "--pwfile", passwordFile];
      const [program = initdb, ...given] = [...asSomeone, initdb, ...args, "-E", "UTF8", "--locale=C", "--no-sync"];
      execFileSync(program, given, {
        cwd: directory,
        stdio: ["ignore", "ignore", "pipe"],
        ...owner,
      });
      if (options.tls === true) makeCertificate(directory, owner);
    },
    command({ directory, port }) {
      const all: Record<string, string> = {
        listen_addresses: "127.0.0.1",
        port: `${port}`,
        unix_socket_directories: directory,
        // A killed server loses nothing that it committed; a killed machine may.
        fsync: "off",
        full_page_writes: "off",
        shared_buffers: "16MB",
        // In the data directory, so that nothing stays in /dev/shm after a SIGKILL.
        dynamic_shared_memory_type: "mmap",
        autovacuum: "off",
        ...(options.tls === true
          ? { ssl: "on", ssl_cert_file: join(directory, "server.crt"), ssl_key_file: join(directory, "server.key") }
          : {}),
        ...options.settings,
      };
      const [program = postgres, ...given] = [...asSomeone, postgres];
      return [
        program,
        ...given,
        "-D",
        join(directory, "data"),
        ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ];
    },
    url: (port) => `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    afterKill(directory) {
      // Line 7 of postmaster.pid: key and id of the System V segment that guards the data directory.
      const segment = readFileSync(join(directory, "data", "postmaster.pid"), "utf8")
        .split("\n")[6]
        ?.trim()
        .split(/\s+/)[1];
      if (segment !== undefined) execFileSync("ipcrm", ["-m", segment]);
    },
  });
}

/** PostgreSQL does not run as a user without a name. In a user namespace of its own such a user has that of `nobody`. */
const asNobody = ["unshare", "--user", "--map-user=65534", "--map-group=65534"];

function isKnownUser(): boolean {
  try {
    return userInfo().username !== "";
  } catch {
    // The system knows no name for this user's id.
    return false;
  }
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
