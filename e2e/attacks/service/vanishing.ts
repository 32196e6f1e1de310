/** Callers, and servers, that are gone in the middle. */
import assert from "node:assert/strict";
import { clientsOf, grpcClient } from "../../support/clients.js";
import { eventually, programs, sandboxProcesses, survivors } from "../../support/host.js";
import { metric } from "../../support/metrics.js";
import type { ServiceAttack } from "../service.js";
import { post } from "./stage.js";

const endless = "package main\n\nfunc main() {\n\tfor {\n\t}\n}\n";

const gone = (index: 0 | 1): ServiceAttack => ({
  name: `a client that hangs up, over ${["gRPC", "REST"][index]}`,
  line: "client gone",
  expected: "the run is killed, its place is free",
  perform: async ({ server }) => {
    const clients = clientsOf(server);
    const controller = new AbortController();
    const call = clients[index]?.runCode(endless, { signal: controller.signal });
    await eventually(() => assert.equal(programs(server.pid).length, 1));
    controller.abort();
    await assert.rejects(async () => call);
    await eventually(() => assert.deepEqual(programs(server.pid), []));
    await eventually(async () => assert.equal(await metric(server.metrics, "runner_executions_in_flight"), 0));
    for (const client of clients) client.close();
  },
});

export const vanishing: ServiceAttack[] = [
  gone(0),
  gone(1),
  {
    name: "200 clients that hang up at random moments",
    line: "client gone",
    expected: "no run is left, no place is lost",
    perform: async ({ server }) => {
      const client = grpcClient(server.grpc);
      const calls = Array.from({ length: 200 }, async (_, index) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), index * 7);
        const { signal } = controller;
        const code = `${endless}\n// ${index}\n`;
        const call =
          index % 2 === 0 ? client.runCode(code, { signal }) : post({ url: `${server.rest}/run`, body: JSON.stringify({ code }), signal });
        await call.catch(() => {});
      });
      await Promise.all(calls);
      await eventually(() => assert.deepEqual(programs(server.pid), []));
      await eventually(async () => {
        assert.equal(await metric(server.metrics, "runner_executions_in_flight"), 0);
        assert.equal(await metric(server.metrics, "runner_queue_depth"), 0);
      });
      client.close();
    },
  },
  {
    name: "SIGKILL to the server while programs run and are built",
    line: "server SIGKILLed in mid-run",
    expected: "no process outlives it; the next server serves",
    perform: async ({ start }) => {
      const doomed = await start();
      const client = grpcClient(doomed.grpc);
      const calls = Promise.allSettled([client.runCode(endless), client.runCode(`${endless}\n// another\n`)]);
      await eventually(() => assert.equal(programs(doomed.pid).length, 2));
      const sandboxes = sandboxProcesses(doomed.pid);
      doomed.kill("SIGKILL");
      await calls;
      client.close();
      await eventually(() => assert.deepEqual(survivors(sandboxes), []));
      await doomed.stop();
      const next = await start();
      await next.stop();
    },
  },
];
