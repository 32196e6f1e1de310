/** The real thing that the model is held against: the stage, the faults that last, and how they are mended. */
import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "../../support/clients.js";
import type { Fault } from "../fault.js";
import type { Stage } from "../stage.js";
import { make, share } from "./calls.js";
import type { Outcome } from "./model.js";

export interface Reality {
  stage: Stage;
  /** At most one a backend. */
  mends: Map<Fault["backend"], { fault: Fault; mend: () => Promise<void> }>;
  /** The longest of the faults that there have been: see {@link Fault.staleMs}. */
  staleMs: number;
  /** Of every share that was sent. */
  codes: string[];
}

/** Ten times as long as servers need. */
const longestRecoveryMs = 50_000;

export const clientOf = ({ stage }: Reality, number: number): Client => {
  const client = stage.clients[number % stage.clients.length];
  if (client === undefined) throw new Error("the stage has no clients");
  return client;
};

const lasting = ({ mends }: Reality): Fault[] => [...mends.values()].map(({ fault }) => fault);

export const mayRefuse = (reality: Reality): boolean => lasting(reality).some((fault) => fault.mayRefuse);

/** Ends the fault of that backend. @returns what was seen until every client was served again. */
export async function mend(reality: Reality, backend: Fault["backend"]): Promise<Outcome[]> {
  const broken = reality.mends.get(backend);
  if (broken === undefined) return [];
  await broken.mend();
  reality.mends.delete(backend);
  return mayRefuse(reality) ? [] : (await Promise.all(reality.stage.clients.map((client) => untilServed(reality, client)))).flat();
}

async function untilServed(reality: Reality, client: Client): Promise<Outcome[]> {
  const deadline = performance.now() + longestRecoveryMs;
  for (;;) {
    const shared = await share(client);
    reality.codes.push(shared.code);
    if (shared.answer !== "UNAVAILABLE") {
      const read = await make({ call: "get", client }, shared.answer.id);
      if (read.answer !== "UNAVAILABLE") return [shared];
    }
    if (performance.now() > deadline)
      throw new Error(`${client.name} is not served again ${longestRecoveryMs / 1000} s after the fault's end`);
    await pause(20);
  }
}
