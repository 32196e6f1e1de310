/** The preparation as a process, with an npm of our own in a copy of the scripts that has nothing installed. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const scripts = fileURLToPath(new URL("..", import.meta.url));

describe("the preparation", () => {
  let clone: string;
  beforeEach(() => {
    clone = join(mkdtempSync(join(tmpdir(), "gorunner-prepare-")), "a clone with spaces");
    mkdirSync(clone);
    cpSync(scripts, join(clone, "scripts"), { recursive: true });
    writeFileSync(join(clone, "package.json"), '{ "name": "clone", "private": true }');
  });
  afterEach(() => rmSync(join(clone, ".."), { recursive: true, force: true }));

  /** Puts a program in npm's place. */
  function fakeNpm(source: string) {
    const path = join(clone, "npm-cli.js");
    writeFileSync(path, source);
    return { npm_execpath: path, npm_node_execpath: process.execPath };
  }

  /** Starts a script of the clone. */
  function start(script: string, env: Record<string, string>): { child: ChildProcess; output: () => string } {
    const child = spawn("sh", [join(clone, "scripts", script)], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      output += data;
    });
    return { child, output: () => output };
  }

  async function until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!condition()) {
      assert.ok(performance.now() < deadline, `${what} within 20 s`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const isAlive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

  for (const [signal, exitCode] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const) {
    it(`ends with its tools on ${signal}, and starts nothing`, async () => {
      if (process.platform !== "linux") assert.fail("this test reads /proc: run it on Linux");
      const note = join(clone, "npm-pid");
      const env = fakeNpm(`require("node:fs").writeFileSync(${JSON.stringify(note)}, String(process.pid)); setInterval(() => {}, 1000);`);
      const { child, output } = start("check.sh", env);
      await until(() => existsSync(note) && readFileSync(note, "utf8") !== "", "npm runs");
      child.kill(signal);
      const [code] = await once(child, "close");
      assert.equal(code, exitCode, output());
      assert.match(output(), /interrupted by SIG(TERM|INT); nothing was started/);
      assert.ok(!isAlive(Number(readFileSync(note, "utf8"))), "npm has ended");
      assert.deepEqual(readdirSync(join(clone, ".toolchain")), []);
    });
  }

  for (const [what, message, advice] of [
    ["no network", "npm error code ENOTFOUND", /The network can't be reached.*starts without a network/s],
    ["a full disk", "npm error code ENOSPC", /The disk is full/],
    ["no permission", "npm error code EACCES", /make this clone and your home directory writable/],
    ["a certificate of somebody's own", "npm error code SELF_SIGNED_CERT_IN_CHAIN", /set npm's cafile/],
  ] as const) {
    it(`says what failed and what to do with ${what}`, async () => {
      const { child, output } = start("check.sh", fakeNpm(`console.error(${JSON.stringify(message)}); process.exit(1);`));
      const [code] = await once(child, "close");
      assert.equal(code, 1);
      assert.match(output(), /prepare: failed: npm could not install pnpm [\d.]+:/);
      assert.ok(output().includes(message));
      assert.match(output(), advice);
      assert.deepEqual(readdirSync(join(clone, ".toolchain")), []);
    });
  }

  it("takes a tool that does not work for not installed", async () => {
    // What npm "installs" is there, but answers another version.
    const env = fakeNpm(`
      const { mkdirSync, writeFileSync } = require("node:fs");
      const directory = process.argv[process.argv.indexOf("--prefix") + 1] + "/node_modules/pnpm/bin";
      mkdirSync(directory, { recursive: true });
      writeFileSync(directory + "/pnpm.cjs", "console.log('0.0.1')");`);
    const { child, output } = start("check.sh", env);
    const [code] = await once(child, "close");
    assert.equal(code, 1);
    assert.match(output(), /pnpm [\d.]+ does not run: 0\.0\.1/);
    assert.deepEqual(readdirSync(join(clone, ".toolchain")), []);
  });
});
