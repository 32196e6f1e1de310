/** One call of a command: what is asked, of which server, over which transport, and what came of it. */
import { setTimeout as pause } from "node:timers/promises";
import { CallError, type Client } from "../../support/clients.js";
import { markedCode } from "../marked-code.js";
import type { Answer, Outcome } from "./model.js";

/** Numbers are taken modulo what there is. */
export interface Call {
  call: Outcome["call"];
  client: number;
  snippet: number;
}

export async function make({ call, client }: { call: Outcome["call"]; client: Client }, id: bigint): Promise<Outcome> {
  switch (call) {
    case "share":
      return share(client);
    case "get":
      return { call, id, answer: await answered(async () => ({ code: (await client.getCode(id)).code })) };
    case "delete":
      return { call, id, answer: await answered(() => client.deleteCode(id, 1n).then(() => "deleted" as const)) };
  }
}

export async function share(client: Client): Promise<Outcome & { call: "share" }> {
  const { code } = markedCode();
  const answer = await answered(async () => ({ id: await client.shareCode(code) }));
  if (answer === "NOT_FOUND") throw new Error("a share was answered with NOT_FOUND");
  return { call: "share", code, answer };
}

/** A read of a deleted snippet that is repeated until it is gone, or refused, for at most `forMs`; 0 reads once. */
export async function readUntilGone(client: Client, id: bigint, forMs: number): Promise<Outcome> {
  const deadline = performance.now() + forMs;
  for (;;) {
    const outcome = await make({ call: "get", client }, id);
    if (typeof outcome.answer === "string" || performance.now() >= deadline) return outcome;
    await pause(50);
  }
}

/** @throws whatever is neither an answer nor a refusal. */
async function answered<Value>(call: () => Promise<Value>): Promise<Answer<Value>> {
  try {
    return await call();
  } catch (error) {
    const code = error instanceof CallError ? error.code : undefined;
    if (code === "NOT_FOUND" || code === "UNAVAILABLE") return code;
    throw error;
  }
}
