/** Web pages that a person on the server's machine has open. They send what a browser would send for them. */
import assert from "node:assert/strict";
import { request } from "node:http";
import type { Gorunner } from "../../support/gorunner.js";
import { metric } from "../../support/metrics.js";
import { hello } from "../../support/programs.js";
import type { ServiceAttack } from "../service.js";
import type { Answer, Stage } from "./stage.js";

/** What a page can make a browser say; `port` is the server's. */
type Headers = (port: string) => Record<string, string>;

const line = "any web page drives a local server";

const attacks: (Pick<ServiceAttack, "name" | "representative"> & { headers: Headers })[] = [
  {
    name: "a page of another origin that runs, shares, reads and deletes by requests without a preflight",
    representative: "once",
    headers: () => ({ "content-type": "text/plain", origin: "https://evil.example", "sec-fetch-site": "cross-site" }),
  },
  {
    name: "the same by a browser that says nothing but the origin",
    headers: () => ({ "content-type": "text/plain", origin: "https://evil.example" }),
  },
  {
    name: "the same by a page on another port of the machine",
    headers: () => ({ "content-type": "text/plain", origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-site" }),
  },
  {
    name: "the same by a page whose name was rebound to 127.0.0.1",
    representative: "once",
    headers: (port) => ({ host: `attacker.test:${port}`, origin: `http://attacker.test:${port}`, "sec-fetch-site": "same-origin" }),
  },
];

export const webPages: ServiceAttack[] = attacks.map(({ headers, ...attack }) => ({
  ...attack,
  line,
  expected: "PERMISSION_DENIED, 403: nothing is executed, stored, read or deleted",
  control: {
    without: "the check of Origin and Host",
    succeed: (stage) =>
      onOwnServer(stage, { origins: ["*"], hosts: ["*"] }, async (server) => {
        assert.deepEqual(await drive(server, headers), [200, 200, 200, 200, 200]);
        await assert.rejects(stored(server));
      }),
  },
  perform: (stage) =>
    onOwnServer(stage, {}, async (server) => {
      const executions = () => metric(server.metrics, 'runner_executions_total{outcome="ok"}');
      const before = await executions();
      assert.deepEqual(await drive(server, headers), [403, 403, 403, 403, 403]);
      assert.equal(await executions(), before);
      assert.equal(await stored(server), hello);
    }),
}));

/** A server that has one snippet. */
async function onOwnServer({ start }: Stage, cors: object, work: (server: Gorunner) => Promise<void>): Promise<void> {
  const server = await start({ config: { cors } });
  try {
    await send(server, "POST", "/share", {}, JSON.stringify({ code: hello }));
    await work(server);
  } finally {
    await server.stop();
  }
}

/** Tries the four calls and the metrics. @returns the HTTP statuses. */
async function drive(server: Gorunner, headers: Headers): Promise<number[]> {
  const body = JSON.stringify({ code: hello });
  const statuses: number[] = [];
  for (const [method, path, sent] of [
    ["POST", "/run", body],
    ["POST", "/share", body],
    ["GET", "/shared/1", ""],
    ["DELETE", "/shared/1?user_id=1", ""],
  ] as const) {
    statuses.push((await send(server, method, path, headers(new URL(server.rest).port), sent)).status);
  }
  const url = new URL(server.metrics);
  statuses.push((await send({ rest: url.origin }, "GET", url.pathname, headers(url.port), "")).status);
  return statuses;
}

/** The code of the first snippet, as a client that is no browser reads it. */
async function stored(server: Gorunner): Promise<string> {
  const { status, body } = await send(server, "GET", "/shared/1", {}, "");
  assert.equal(status, 200, body);
  return (JSON.parse(body) as { code: string }).code;
}

/** Unlike `fetch` it sends every header as it is given. */
function send({ rest }: { rest: string }, method: string, path: string, headers: Record<string, string>, body: string) {
  return new Promise<Pick<Answer, "status" | "body">>((resolve, reject) => {
    const sent = request(`${rest}${path}`, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject).on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on("error", reject).end(body);
  });
}
