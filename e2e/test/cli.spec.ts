import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freshDatabase } from "@gorunner/testing";
import pg from "pg";
import { directoryPerTest, endOf, runCli, startCli, withoutProgress } from "../support/command-line.js";
import { Gorunner } from "../support/gorunner.js";
import { eventually } from "../support/host.js";

describe("gorunner run", function () {
  // A machine that never ran a Go program compiles a part of the standard library first.
  this.timeout(120_000);
  const here = directoryPerTest();
  const main = (imports: string, body: string) => `package main\n\nimport (${imports})\n\nfunc main() {\n\t${body}\n}\n`;
  const runStdin = (code: string | Uint8Array, env: Record<string, string> = {}) =>
    runCli(["run", "-"], { directory: here(), stdin: code, env });

  it("FILE: stdout and stderr are the program's, byte by byte, and exit code 0", async () => {
    const code = main('"os"', 'os.Stdout.Write([]byte{0, 255, 254, 13, 10, 7})\n\tos.Stderr.WriteString("aside\\n")');
    await writeFile(join(here(), "bytes.go"), code);
    const { exit, stdout, stderr } = await runCli(["run", "bytes.go"], { directory: here() });
    assert.deepEqual([...stdout], [0, 255, 254, 13, 10, 7]);
    assert.equal(withoutProgress(stderr), "aside\n");
    assert.equal(exit, 0);
  });

  it("- reads the standard input, and a megabyte of output arrives whole", async () => {
    const { exit, stdout } = await runStdin(main('"bytes"; "os"', "os.Stdout.Write(bytes.Repeat([]byte{200}, 1<<20))"));
    assert.equal(exit, 0);
    assert.ok(stdout.equals(Buffer.alloc(1 << 20, 200)), `${stdout.length} bytes`);
  });

  for (const code of [0, 1, 3, 255]) {
    it(`exits with the program's own ${code}`, async () => {
      const { exit, stderr } = await runStdin(main('"os"', `os.Exit(${code})`));
      assert.deepEqual([exit, withoutProgress(stderr)], [code, code === 0 ? "" : `exit status ${code}\n`]);
    });
  }

  it("code that does not compile: the compiler's messages on stderr, nothing on stdout, exit code 1", async () => {
    const { exit, stdout, stderr } = await runStdin("package main\n\nfunc main() {\n\tfoo()\n}\n");
    assert.deepEqual([exit, stdout.length, withoutProgress(stderr)], [1, 0, "prog.go:4:2: undefined: foo\n"]);
  });

  it("a program that a signal ended: exit code 1, and its name", async () => {
    const { exit, stderr } = await runStdin(main('"os"; "syscall"', "syscall.Kill(os.Getpid(), syscall.SIGKILL)\n\tselect {}"));
    assert.deepEqual([exit, withoutProgress(stderr)], [1, "signal: killed\n"]);
  });

  it("SIGINT kills the program, and leaves no process of the sandbox", async () => {
    const code = main('"fmt"', 'fmt.Println("runs")\n\tfor {\n\t}');
    const child = startCli(["run", "-"], { directory: here(), stdin: code, env: { RUNNER_EXECUTOR_RUN_TIMEOUT: "1h" } });
    const ended = endOf(child);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const started = await descendantsOf(child.pid ?? -1);
    assert.ok(started.length >= 2, "bubblewrap and what runs in it");
    child.kill("SIGINT");
    const { exit, stdout } = await ended;
    assert.deepEqual([exit, stdout.toString()], [130, "runs\n"]);
    const alive = async () => (await processes()).map(({ pid }) => pid).filter((pid) => started.includes(pid));
    await eventually(async () => assert.deepEqual(await alive(), []));
  });
});

describe("gorunner, used wrongly", () => {
  const here = directoryPerTest();

  for (const [what, args, said] of [
    ["no command", [], /Usage: gorunner/],
    ["an unknown command", ["fly"], /unknown command 'fly'/],
    ["an unknown option", ["serve", "--fast"], /unknown option '--fast'/],
    ["run without a file", ["run"], /missing required argument 'file'/],
    ["run with a file that is not there", ["run", "none.go"], /^gorunner: none\.go: there is no such file\n$/],
    ["migrate without a direction", ["migrate"], /Usage: gorunner migrate/],
    ["a configuration that is not there", ["doctor", "--config", "none.yaml"], /none\.yaml.*\n {2}there is no such file/],
  ] as const) {
    it(`${what} is exit code 2, told on stderr`, async () => {
      const { exit, stdout, stderr } = await runCli(args, { directory: here() });
      assert.deepEqual([exit, stdout.length], [2, 0]);
      assert.match(stderr, said);
    });
  }

  it("a configuration with several mistakes: all of them, by key, secrets hidden, exit code 2", async () => {
    const lines = [
      "db_uri: mysql://root:hunter2@db/x",
      "grpc: { port: many }",
      "auth: { mode: jwt }",
      "executor: { memory: 1KiB }",
      "limits: { run: 5 }",
    ];
    await writeFile(join(here(), "wrong.yaml"), lines.join("\n"));
    const env = { RUNNER_HTTP_PORT: "70000" };
    for (const command of [["serve"], ["doctor"], ["migrate", "status"], ["run", "-"]]) {
      const { exit, stdout, stderr } = await runCli([...command, "--config", "wrong.yaml"], { directory: here(), env });
      assert.deepEqual([exit, stdout.length], [2, 0], command.join(" "));
      const keys = [...stderr.matchAll(/^ {2}([\w.]+)(?: \(\w+\))?: /gm)].map(([, key]) => key);
      assert.deepEqual(keys.sort(), ["auth.mode", "db_uri", "executor.memory", "grpc.port", "http.port", "limits"]);
      assert.match(stderr, /auth\.mode: not available yet/);
      assert.doesNotMatch(stderr, /hunter2/);
    }
  });
});

describe("gorunner --help and --version", () => {
  const here = directoryPerTest();

  it("answer on stdout, with exit code 0", async () => {
    const help = await runCli(["--help"], { directory: here() });
    assert.deepEqual([help.exit, help.stderr], [0, ""]);
    for (const command of ["serve", "migrate", "run", "doctor"]) assert.match(help.stdout.toString(), new RegExp(`^ {2}${command} `, "m"));
    const version = await runCli(["--version"], { directory: here() });
    assert.deepEqual([version.exit, version.stderr], [0, ""]);
    assert.match(version.stdout.toString(), /^\d+\.\d+\.\d+\n$/);
  });
});

describe("gorunner doctor", function () {
  this.timeout(120_000);
  const here = directoryPerTest();

  it("on a machine that works: exit code 0, and which toolchain and sandbox there are", async () => {
    const { exit, stdout, stderr } = await runCli(["doctor"], { directory: here(), env: { RUNNER_DB_URI: "memory:" } });
    assert.deepEqual([exit, stderr], [0, ""], stdout.toString());
    assert.match(stdout.toString(), /^ok {4}toolchain +go1\.\d+\S* in \//m);
    assert.match(stdout.toString(), /^ok {4}sandbox +bubblewrap: \/.*bwrap$/m);
    assert.match(stdout.toString(), /^ok {4}resource limits +(cgroup-v[12]|rlimits)/m);
    assert.match(stdout.toString(), /^ok {4}a real run /m);
  });
});

/** What the Go service's migrations leave: ids of 32 bits, texts that may be missing, and a ledger of their own. */
const goService = `
  create table schema_migrations (version bigint primary key, dirty boolean not null);
  insert into schema_migrations values (1, false);
  create table shared_codes (id serial primary key, code text not null, output text, error text, created_at timestamp default now());
  insert into shared_codes (code, output) values ('package main', 'as it was');
  insert into shared_codes (id, code) values (2147483647, 'the last that fitted');
`;

describe("gorunner migrate, on a database of the Go service", function () {
  this.timeout(120_000);
  const here = directoryPerTest();
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let client: pg.Client;
  before(async () => {
    database = await freshDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(goService);
  });
  after(async () => {
    await client.end();
    await database.drop();
  });

  const migrate = async (...args: string[]) => {
    const { exit, stdout, stderr } = await runCli(["migrate", ...args], { directory: here(), env: { RUNNER_DB_URI: database.url } });
    return { exit, stdout: stdout.toString(), stderr };
  };
  const rows = async (sql: string) => (await client.query(sql)).rows as Record<string, unknown>[];

  it("status shows what is to be done, and does nothing", async () => {
    assert.deepEqual(await migrate("status"), {
      exit: 0,
      stdout: "0001-shared-codes  pending\n0002-keys-and-deletions  pending\n0003-stored-bytes  pending\n",
      stderr: "",
    });
    assert.deepEqual(await rows("select to_regclass('gorunner_migrations') as ledger"), [{ ledger: null }]);
  });

  it("up takes the table over with every row, and says so once", async () => {
    const applied = "applied 0001-shared-codes\napplied 0002-keys-and-deletions\napplied 0003-stored-bytes\n";
    assert.deepEqual(await migrate("up"), { exit: 0, stdout: applied, stderr: "" });
    assert.deepEqual(await migrate("up"), { exit: 0, stdout: "nothing to do: every migration is applied\n", stderr: "" });
    assert.match((await migrate("status")).stdout, /^(000\d-\S+ {2}applied \d{4}-\d\d-\d\dT.*Z\n){3}$/);
    assert.equal((await rows("select * from shared_codes")).length, 2);
    assert.deepEqual(await rows("select version, dirty from schema_migrations"), [{ version: "1", dirty: false }]);
  });

  it("a server answers the old rows, and gives ids beyond 2^31", async () => {
    const server = await Gorunner.start({ config: { db_uri: database.url } });
    try {
      const old = await fetch(`${server.rest}/shared/1`);
      assert.deepEqual(await old.json(), { code: "package main", output: "as it was", error: "" });
      const shared = await fetch(`${server.rest}/share`, { method: "POST", body: JSON.stringify({ code: "package main\n" }) });
      assert.deepEqual(await shared.json(), { id: "2147483648" });
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });

  it("down refuses to drop rows, unless it is told to", async () => {
    assert.deepEqual(await migrate("down"), { exit: 0, stdout: "undid 0003-stored-bytes\n", stderr: "" });
    const refused = await migrate("down");
    assert.deepEqual([refused.exit, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /^gorunner: table shared_codes holds snippets.*--drop-data/);
    assert.equal((await rows("select * from shared_codes")).length, 3);
    assert.deepEqual(await migrate("down", "--drop-data"), { exit: 0, stdout: "undid 0002-keys-and-deletions\n", stderr: "" });
    assert.equal((await rows("select * from shared_codes")).length, 3);
    assert.match((await migrate("down")).stderr, /^gorunner: table shared_codes holds snippets.*--drop-data/);
    assert.deepEqual(await migrate("down", "--drop-data"), { exit: 0, stdout: "undid 0001-shared-codes\n", stderr: "" });
    assert.deepEqual(await rows("select to_regclass('shared_codes') as snippets"), [{ snippets: null }]);
    assert.deepEqual(await migrate("down"), { exit: 0, stdout: "nothing to do: no migration is applied\n", stderr: "" });
  });
});

/** The processes that `pid` has started, and those that they have. */
async function descendantsOf(pid: number): Promise<number[]> {
  const all = await processes();
  const below = (parent: number): number[] =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each.pid, ...below(each.pid)]);
  return below(pid);
}

async function processes(): Promise<{ pid: number; parent: number }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, "latin1").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" || error.code === "ESRCH") return "";
        throw error;
      });
      return { pid: Number(pid), parent: Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? -1) };
    }),
  );
  return found.filter(({ parent }) => parent >= 0);
}
