import assert from "node:assert/strict";
import { ask, type RawAnswer, type RawAsk } from "./ask.js";
import { hello, type TestServer } from "./test-server.js";

export type Headers = Record<string, string>;

/** The four calls, as a browser or any other client may send them. */
const calls: RawAsk[] = [
  { method: "POST", target: "/run", body: hello },
  { method: "POST", target: "/share", body: hello },
  { target: "/shared/1" },
  { method: "DELETE", target: "/shared/1?user_id=1" },
];

/** What a browser says of an image that another site's page shows. */
export const fromAnotherSite: Headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image" };

/** `Host` is the server's own unless it is given. */
export const askAs = ({ port }: TestServer, request: RawAsk, headers: Headers): Promise<RawAnswer> =>
  ask(port, { ...request, headers: Object.entries({ Host: `127.0.0.1:${port}`, ...headers }) });

export async function assertRefused(server: TestServer, headers: Headers, message: RegExp): Promise<void> {
  const served = server.requests.filter(({ method }) => method !== "unknown").length;
  for (const call of calls) {
    const { status, headers: answered, body } = await askAs(server, call, headers);
    assert.equal(status, 403, `${call.method} ${call.target}`);
    const error = JSON.parse(body) as { code: number; message: string; details: object[] };
    assert.deepEqual([error.code, error.details], [7, []]);
    assert.match(error.message, message);
    assert.equal(answered["access-control-allow-origin"], undefined);
  }
  assert.equal(server.requests.filter(({ method }) => method !== "unknown").length, served);
}

export async function assertServed(server: TestServer, headers: Headers): Promise<void> {
  for (const call of calls) {
    const { status, body } = await askAs(server, call, headers);
    // Of the snippet that is shared here the last call may find that it is gone already.
    assert.ok(status === 200 || (call.target?.startsWith("/shared") && status === 404), `${call.target}: ${status} ${body}`);
  }
}
