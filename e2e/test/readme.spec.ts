/** What the documentation says is true: its commands are run as they stand, and answer what stands below them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { startSso } from "@gorunner/example-sso";
import { freshDatabase, freshRedis } from "@gorunner/testing";
import { parse } from "yaml";
import { clientsOf } from "../support/clients.js";
import { directoryPerTest, startCli } from "../support/command-line.js";
import { curlDirectory } from "../support/curl.js";
import { cacheDir, Gorunner, repository } from "../support/gorunner.js";
import { grpcurlDirectory } from "../support/grpcurl.js";
import { type Block, blocksOf, linkedFiles } from "../support/markdown.js";
import { hello } from "../support/programs.js";

const run = promisify(execFile);
const read = (path: string) => readFileSync(join(repository, path), "utf8");
const readme = read("README.md");
const blocks = blocksOf(readme);

const isRequest = ({ language, text }: Block) => language === "sh" && /^(curl|grpcurl) /.test(text);

/** The block that follows the one which `isIt` finds. */
function blockAfter(isIt: (block: Block) => boolean): Block {
  const block = blocks[blocks.findIndex(isIt) + 1];
  assert.ok(block !== undefined);
  return block;
}

describe("The README's requests", function () {
  this.timeout(120_000);
  let server: Gorunner;
  let sso: Awaited<ReturnType<typeof startSso>>;
  let path: string;

  before(async function () {
    this.timeout(900_000);
    path = [await grpcurlDirectory(), await curlDirectory(), process.env["PATH"]].join(delimiter);
    [server, sso] = await Promise.all([Gorunner.start(), startSso()]);
  });
  after(async () => {
    await sso.close();
    assert.equal(await server.stop(), 0);
  });

  /** The addresses of the documentation, and those of the servers of this test. */
  const here = (command: string) =>
    command
      .replaceAll("http://localhost:8090", server.rest)
      .replaceAll("localhost:44000", server.grpc)
      .replaceAll("localhost:44044", `127.0.0.1:${sso.port}`);

  it("are the four calls, over both transports", () => {
    const requests = blocks.filter(isRequest).map(({ text }) => text);
    for (const part of ["/run ", "/share ", "/shared/1\n", "-X DELETE"])
      assert.ok(
        requests.some((text) => text.includes(part)),
        part,
      );
    for (const rpc of ["RunCode", "ShareCode", "GetCodeByID", "DeleteCode"]) {
      assert.ok(
        requests.some((text) => text.endsWith(`runner.Runner/${rpc}\n`)),
        rpc,
      );
    }
  });

  for (const [index, request] of blocks.entries()) {
    if (!isRequest(request)) continue;
    it(`${request.text.replace(/'\{"code".*\}'/, "…").trim()} answers as printed`, async () => {
      const answer = blocks[index + 1];
      assert.ok(answer !== undefined && ["json", "text"].includes(answer.language), "the answer stands below the request");
      const { stdout } = await run("/bin/sh", ["-ec", here(request.text)], { cwd: repository, env: { ...process.env, PATH: path } });
      assert.equal(stdout.trimEnd(), answer.text.trimEnd());
    });
  }
});

describe("The README's words about starting", function () {
  this.timeout(120_000);
  const directory = directoryPerTest();

  it("a start prints what is printed there", async () => {
    const env = { RUNNER_GRPC_PORT: "0", RUNNER_HTTP_PORT: "0", RUNNER_PROMETHEUS_ADDR: "127.0.0.1:0" };
    const child = startCli(["serve"], { directory: directory(), env });
    let printed = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      printed += String(chunk);
      if (/^ {2}curl .*\n/m.test(printed)) child.kill("SIGTERM");
    }
    const withoutPorts = (text: string) => text.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT");
    const { text } = blockAfter(({ text }) => text.startsWith("npm start\n"));
    assert.ok(withoutPorts(printed).includes(withoutPorts(text)), printed);
  });

  it("the scripts that it names exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/(?:^|`)npm (?:run )?([a-z]+)/gm)].map(([, name = ""]) => name);
    assert.ok(named.length > 5);
    for (const name of named) assert.ok(name in scripts, name);
  });

  it("its configuration is one that works, on a PostgreSQL, a Redis and an SSO service", async () => {
    const yaml = blocks.find(({ language }) => language === "yaml");
    assert.ok(yaml !== undefined);
    const [database, redis, sso] = await Promise.all([freshDatabase(), freshRedis(), startSso()]);
    const text = yaml.text
      .replace("postgres://runner:secret@localhost:5432/runner?sslmode=disable", `${database.url}?sslmode=disable`)
      .replace("localhost:6379", redis.url)
      .replace("localhost:44044", `127.0.0.1:${sso.port}`);
    // Logs in JSON, for this test to read.
    const config = { ...(parse(text) as Record<string, unknown>), env: "prod" };
    const server = await Gorunner.start({ config });
    const clients = clientsOf(server);
    try {
      const user = await sso.addUser({ admin: false });
      for (const client of clients) {
        const id = await client.shareCode(hello);
        await assert.rejects(client.deleteCode(id, user), { code: "PERMISSION_DENIED" });
        assert.equal(await client.deleteCode(id, 1n), true);
      }
    } finally {
      for (const client of clients) client.close();
      assert.equal(await server.stop(), 0);
      await Promise.all([database.drop(), redis.drop(), sso.close()]);
    }
  });
});

describe("The README's embedding example", function () {
  this.timeout(120_000);
  const example = "examples/embedding/index.mjs";

  it("is the file that it names, in 20 lines of code at most", () => {
    const shown = blocks.find(({ language }) => language === "js");
    assert.equal(shown?.text, read(example));
    assert.ok(shown.text.split("\n").filter((line) => line.trim() !== "").length <= 20);
  });

  it("prints what is printed there", async () => {
    const { stdout, stderr } = await run(process.execPath, [example, cacheDir], { cwd: repository });
    assert.equal(stderr, "");
    assert.equal(stdout, blockAfter(({ text }) => text.includes(example)).text);
  });
});

describe("The documentation's links", () => {
  for (const page of [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/migrating.md",
    "docs/writing-an-adapter.md",
  ]) {
    it(`${page} leads to files that are there`, () => {
      for (const target of linkedFiles(read(page))) assert.ok(existsSync(join(repository, dirname(page), target)), target);
    });
  }
});
