/** An SSO server whose answers a test chooses; the ones a person can run are in examples/sso. */
import { type handleUnaryCall, Server, ServerCredentials, type status } from "@grpc/grpc-js";
import { AuthService, type IsAdminRequest, type IsAdminResponse } from "../../src/gen/sso/sso.js";
import { SsoAdminChecker } from "../../src/index.js";
import { RecordingLogger, RecordingMetrics } from "./ports.js";

/** What the server does with its n-th question, counted from 1: answers, refuses with a status, or stays silent. */
export type Script = (attempt: number, user: bigint) => boolean | status | "silence";

export async function startScriptedSso(script: Script, port = 0) {
  let asked = 0;
  const deadlinesMs: number[] = [];
  const isAdmin: handleUnaryCall<IsAdminRequest, IsAdminResponse> = (call, respond) => {
    deadlinesMs.push(Number(call.getDeadline()) - Date.now());
    const answer = script(++asked, call.request.userId);
    if (typeof answer === "boolean") respond(null, { isAdmin: answer });
    else if (answer !== "silence") respond({ code: answer, details: "refused by the script" });
  };
  const server = new Server();
  server.addService({ isAdmin: AuthService.isAdmin }, { isAdmin });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (failure, real) =>
      failure ? reject(failure) : resolve(real),
    );
  });
  return {
    port: bound,
    asked: () => asked,
    /** What was left of each attempt's time when it arrived. */
    deadlinesMs,
    close: () => server.forceShutdown(),
  };
}

/** A checker that asks at `port`, with what it told of its work. */
export function checkerAt(port: number, given: { timeoutMs?: number; attempts?: number; host?: string } = {}) {
  const { timeoutMs = 5000, attempts = 3, host = "127.0.0.1" } = given;
  const metrics = new RecordingMetrics();
  const logger = new RecordingLogger();
  return { checker: new SsoAdminChecker({ address: `${host}:${port}`, timeoutMs, attempts, metrics, logger }), metrics, logger };
}
