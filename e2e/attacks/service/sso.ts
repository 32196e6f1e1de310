/** An SSO service, or whoever stands in its place, that lies by halves. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type OutgoingHttpHeaders, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { restClient } from "../../support/clients.js";
import { hello } from "../../support/programs.js";
import type { ServiceAttack } from "../service.js";

const yes = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** Each has a yes in it. */
const modes: [headers: OutgoingHttpHeaders, trailers: OutgoingHttpHeaders][] = [
  [{ ":status": 401 }, { "grpc-status": "0" }],
  [{ ":status": 403, "content-type": "text/html" }, { "grpc-status": "0" }],
  [{}, { "grpc-status": "" }],
  [{}, { "grpc-status": " " }],
  [{}, { "grpc-status": "0x0" }],
  [{}, { "grpc-status": "0.0" }],
  [{}, { "grpc-status": ["0", "7"] }],
  [{ "content-type": "text/html" }, { "grpc-status": "0" }],
];

/** Answers the n-th question in the n-th mode. */
async function startLiar() {
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  let asked = 0;
  server.on("session", (session) => void sessions.add(session.on("error", () => {})));
  server.on("stream", (stream) => {
    const [headers, trailers] = modes[asked++ % modes.length] ?? [{}, {}];
    stream.on("error", () => {});
    stream.respond({ ":status": 200, "content-type": "application/grpc", ...headers }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(yes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

export const sso: ServiceAttack[] = [
  {
    name: "a yes of the SSO service under HTTP 401, and under a grpc-status that is none",
    line: "an SSO service in every wrong mode",
    expected: "UNAVAILABLE, and one short line of log each; nothing is deleted",
    representative: "once",
    succeededAt: "95848d4",
    perform: async ({ start }) => {
      const liar = await startLiar();
      const server = await start({ config: { clients: { sso: { address: liar.address, retriesCount: 1 } } } });
      try {
        const client = restClient(server.rest);
        const id = await client.shareCode(hello);
        const before = server.output.join("\n").length;
        for (const mode of modes) await assert.rejects(client.deleteCode(id, 1n), { code: "UNAVAILABLE" }, JSON.stringify(mode));
        assert.equal((await client.getCode(id)).code, hello);
        const warnings = server.logs.filter(({ msg }) => msg === "the SSO service gave no answer");
        assert.equal(warnings.length, modes.length);
        const written = server.output.join("\n").length - before;
        assert.ok(written < modes.length * 1024, `${written} bytes of log for ${modes.length} deletes`);
      } finally {
        await server.stop();
        liar.close();
      }
    },
  },
];
