/** More callers than there is machine. */
import assert from "node:assert/strict";
import { CallError, clientsOf } from "../../support/clients.js";
import { sleeps } from "../../support/programs.js";
import type { ServiceAttack } from "../service.js";

export const crowds: ServiceAttack[] = [
  {
    name: "ten times as many calls as there are places",
    line: "10× overload",
    expected: "RESOURCE_EXHAUSTED and 429 with Retry-After; whoever was accepted is answered",
    perform: async ({ start }) => {
      const server = await start({ executor: { concurrency: 2, queue: 4 } });
      const clients = clientsOf(server);
      const calls = await Promise.allSettled(Array.from({ length: 60 }, (_, index) => clients[index % 2]?.runCode(sleeps(200))));
      for (const client of clients) client.close();
      await server.stop();
      const answered = calls.filter(({ status }) => status === "fulfilled");
      assert.equal(answered.length, 6);
      for (const call of calls) {
        if (call.status === "fulfilled") assert.equal(call.value?.output, "slept\n");
        else {
          const error: unknown = call.reason;
          assert.ok(error instanceof CallError && error.code === "RESOURCE_EXHAUSTED", String(error));
          assert.match(error.retryAfter ?? "", /^[1-9]\d*$/);
        }
      }
    },
  },
];
