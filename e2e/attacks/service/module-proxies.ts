/** Module proxies that hang, lie and redirect, and what callers hear of it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, aModule, aModuleOfEmptyFiles, TestProxy } from "@gorunner/testing";
import { hello } from "../../support/programs.js";
import type { ServiceAttack } from "../service.js";
import { post, type Stage } from "./stage.js";

const path = "modules.test/lib";
const version = "v1.0.0";
const good = aModule(path, version, { "lib.go": "package lib\n" });
const line = "hostile module proxies";
const base = "95848d4";

/** Never seen before, so that its modules are asked for. */
const importing = (imported: string) => `package main\n\nimport _ "${imported}"\n\nfunc main() {}\n// ${randomUUID()}\n`;
/** With its go.sum, so that the checksum database is not asked. */
const usesIt = (sums: string) =>
  `-- prog.go --\n${importing(path)}-- go.mod --\nmodule play\n\ngo 1.20\n\nrequire ${path} ${version}\n-- go.sum --\n${sums}`;

interface Run {
  code: string;
  from?: string;
  signal?: AbortSignal;
}

/** @returns what a caller hears. */
async function run(rest: string, { code, ...how }: Run): Promise<{ output: string; error: string }> {
  const { status, body } = await post({ url: `${rest}/run`, body: JSON.stringify({ code }), ...how });
  assert.equal(status, 200, body);
  return JSON.parse(body) as { output: string; error: string };
}

async function assertServed(rest: string): Promise<void> {
  assert.equal((await run(rest, { code: `${hello}\n// ${randomUUID()}\n`, from: "127.0.0.9" })).output, "Hello RunCode!\n");
}

interface Scene {
  rest: string;
  proxy: TestProxy;
  cacheDir: string;
}

/** A server whose modules come from a proxy of the attack's own, and go to a cache of its own. */
async function withProxy(stage: Stage, act: (scene: Scene) => Promise<void>) {
  await using left = new AsyncDisposableStack();
  const proxy = new TestProxy();
  proxy.serve(path, version, good);
  const goproxy = await proxy.start();
  left.defer(() => proxy.stop());
  const { cacheDir, remove } = await aCache(stage);
  left.defer(remove);
  const server = await stage.start({ executor: { modules: "on", goproxy, concurrency: 2, queue_timeout: "5s", cache_dir: cacheDir } });
  left.defer(async () => void (await server.stop()));
  await act({ rest: server.rest, proxy, cacheDir });
}

/** The compiled standard library is the one of all tests: only what an attack fills is its own. */
async function aCache({ cacheDir: shared }: Stage): Promise<{ cacheDir: string; remove: () => Promise<void> }> {
  const cacheDir = await mkdtemp(join(tmpdir(), "gorunner-attacked-"));
  await chmod(cacheDir, 0o755);
  for (const name of await readdir(shared)) if (name.startsWith("go1.")) await symlink(join(shared, name), join(cacheDir, name));
  return { cacheDir, remove: () => rm(cacheDir, { recursive: true, force: true }) };
}

async function untilAsked(proxy: TestProxy, times: number): Promise<void> {
  while (proxy.asked.length < times) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The names below the module cache of those that the attack must not leave there. */
async function leftBy(cacheDir: string): Promise<string[]> {
  const modules = join(cacheDir, "modules");
  const names = await readdir(modules, { recursive: true });
  return names.filter((name) => !/^\d+(\/cache)?$/.test(name));
}

const redirect =
  (location: string): Answer =>
  (response) =>
    response.writeHead(302, { location }).end();

/** More than one fetch may have. */
const manyFiles = 60_000;

export const moduleProxies: ServiceAttack[] = [
  {
    name: "three callers whose modules never come",
    line,
    expected: "another caller's program runs at once",
    succeededAt: base,
    representative: "once",
    perform: (stage) =>
      withProxy(stage, async ({ rest, proxy }) => {
        proxy.instead.set("", () => {});
        const controller = new AbortController();
        const hung = ["127.0.0.2", "127.0.0.3", "127.0.0.4"].map((from) =>
          assert.rejects(run(rest, { code: importing(path), from, signal: controller.signal })),
        );
        try {
          await untilAsked(proxy, 3);
          await assertServed(rest);
        } finally {
          controller.abort();
          await Promise.all(hung);
        }
      }),
  },
  {
    name: "a module of 60,000 empty files",
    line,
    expected: "refused for its number of files; nothing of it stays on disk",
    succeededAt: base,
    perform: (stage) =>
      withProxy(stage, async ({ rest, proxy, cacheDir }) => {
        const bomb = aModuleOfEmptyFiles(path, version, manyFiles);
        proxy.serve(path, version, bomb);
        const { error } = await run(rest, { code: usesIt(bomb.sums) });
        const left = await leftBy(cacheDir);
        assert.equal(left.length, 0, `${left.length} entries`);
        assert.match(error, /: it has too many files\n$/);
      }),
  },
  {
    name: "a proxy that redirects to a service on the server's loopback",
    line,
    expected: "the service is never asked, and none of its words is told",
    succeededAt: base,
    representative: "once",
    perform: async (stage) => {
      const asked: string[] = [];
      const inner = createServer(({ url = "" }, response) => {
        asked.push(url);
        response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end("internal-admin-token\n");
      }).listen(0, "127.0.0.1");
      await once(inner, "listening");
      try {
        await withProxy(stage, async ({ rest, proxy }) => {
          const { port } = inner.address() as AddressInfo;
          for (const location of [
            `http://127.0.0.1:${port}/admin`,
            `http://localhost:${port}/admin`,
            `http://[::ffff:127.0.0.1]:${port}/admin`,
          ]) {
            proxy.instead.set("", redirect(location));
            const { error } = await run(rest, { code: importing(path) });
            assert.doesNotMatch(error, /internal-admin-token|admin/);
          }
        });
      } finally {
        inner.close();
      }
      assert.deepEqual(asked, []);
    },
  },
  {
    name: "messages of a proxy that name the operator's network",
    line,
    expected: "the caller sees what the program names, and fixed words",
    succeededAt: base,
    representative: "once",
    perform: (stage) =>
      withProxy(stage, async ({ rest, proxy }) => {
        proxy.instead.set("", redirect("http://127.0.0.1:1/bucket/7f3a?signature=internal"));
        const redirected = await run(rest, { code: importing(path) });
        assert.match(redirected.error, /^prog\.go:3:8: modules\.test\/lib: the module proxy sends it elsewhere/);
        assert.doesNotMatch(redirected.error, /127\.0\.0\.1|bucket|signature|:\d{4,5}\b/);
        proxy.instead.set("", (response) => response.writeHead(404).end());
        const named = await run(rest, { code: importing("127.0.0.1/its/own") });
        assert.match(named.error, /^prog\.go:3:8: 127\.0\.0\.1\/its\/own: /);
        await proxy.stop();
        const down = await run(rest, { code: importing("modules.test/other") });
        assert.match(down.error, /^prog\.go:3:8: modules\.test\/other: the module proxy can't be reached\n$/);
      }),
  },
];
