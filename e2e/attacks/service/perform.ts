/** Makes one attack on a server, and looks whether all is as it was. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { clientsOf } from "../../support/clients.js";
import { eventually, programs } from "../../support/host.js";
import { hello } from "../../support/programs.js";
import type { Result } from "../results.js";
import type { ServiceAttack } from "../service.js";
import { inTime, serviceWithinMs } from "../within.js";
import { residentMib, type Stage } from "./stage.js";

/** What a server may have grown by: caches that fill once, and what the collector has not taken yet. */
const slackMib = 256;
/** Connections that are kept alive, and sandboxes that are started ahead. */
const slackDescriptors = 40;

export async function performOnServer(attack: ServiceAttack, stage: Stage): Promise<Result> {
  const { server } = stage;
  const { control } = attack;
  const before = { memory: residentMib(server.pid), descriptors: descriptorsOf(server.pid) };
  const problems: string[] = [];
  const note = async (work: () => Promise<unknown>) => {
    await work().catch((error: unknown) => void problems.push(error instanceof Error ? error.message : String(error)));
  };
  if (control !== undefined) await note(() => inTime(serviceWithinMs, () => control.succeed(stage)));
  await note(() => inTime(serviceWithinMs, () => attack.perform(stage)));
  await note(async () => {
    for (const client of clientsOf(server)) {
      assert.equal((await client.runCode(hello)).output, "Hello RunCode!\n");
      client.close();
    }
  });
  await note(() =>
    eventually(() => {
      assert.deepEqual(programs(server.pid), []);
      const descriptors = descriptorsOf(server.pid);
      assert.ok(descriptors <= before.descriptors + slackDescriptors, `${descriptors} descriptors, ${before.descriptors} before`);
      const grown = residentMib(server.pid) - before.memory;
      assert.ok(grown < slackMib, `the server has ${Math.round(grown)} MiB more than before`);
    }),
  );
  return {
    name: attack.name,
    seen: problems.length === 0 ? "as expected" : "otherwise",
    without: control === undefined ? [] : [control.without],
    problems,
  };
}

const descriptorsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;
