/**
 * What surrounds every unary call: its id and scope, the reading of its message, its cancellation, the translation of its
 * failure, one log line and one measurement.
 */

import {
  asRunnerError,
  type ErrorCode,
  type Logger,
  type Metrics,
  type RequestScope,
  RunnerError,
  type Turns,
  unavailable,
} from "@gorunner/core";
import { type handleUnaryCall, Metadata, type MethodDefinition, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { failureStatus } from "../status/failure-status.js";
import { signalOf } from "./call-signal.js";
import { callerOf } from "./caller-of.js";
import type { AnswerRoom } from "./connections.js";
import { type Readable, readMessage } from "./read-message.js";
import { requestIdKey, requestIdOf } from "./request-id.js";

/** Answers one message with another. */
export type Answer<Request, Response> = (request: Request, call: CallFacts) => Promise<Response>;

export interface CallFacts {
  signal: AbortSignal;
  /** The client's address, for fairness between clients; behind a proxy they all have the proxy's. */
  caller: string;
}

export class CallFrame {
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  readonly #scope: RequestScope;
  readonly #underWay = new Set<Promise<void>>();
  readonly #room: AnswerRoom;
  readonly #turns: Turns;
  #refusing = false;

  constructor(ports: { metrics: Metrics; logger: Logger; scope: RequestScope; turns: Turns }, room: AnswerRoom) {
    this.#room = room;
    this.#metrics = ports.metrics;
    this.#logger = ports.logger;
    this.#scope = ports.scope;
    this.#turns = ports.turns;
  }

  /** Makes an rpc's handler, for a method that {@link rawRequests} has prepared. */
  unary<Request, Response extends object>(
    method: string,
    type: Readable<Request>,
    answer: Answer<Request, Response>,
  ): handleUnaryCall<Buffer, Response> {
    return (call, respond) => {
      const id = requestIdOf(call.metadata);
      const ended = this.#scope.run(id, () => this.#handle({ id, method, type, answer, call, respond }));
      this.#underWay.add(ended);
      ended.finally(() => this.#underWay.delete(ended));
    };
  }

  /** From now on every new call is UNAVAILABLE. */
  refuseNewCalls(): void {
    this.#refusing = true;
  }

  /** Resolves once no call is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #handle<Request, Response extends object>(handling: Handling<Request, Response>): Promise<void> {
    const { id, method, type, answer, call, respond } = handling;
    const startedMs = performance.now();
    const signal = signalOf(call);
    let code: ErrorCode | "OK" = "OK";
    try {
      if (this.#refusing) throw unavailable("the server is shutting down");
      if (!this.#room.hasRoom(call.getPeer())) throw untaken();
      // Many messages may be decompressed in one turn.
      await this.#turns.next();
      if (signal.aborted) throw signal.reason;
      const response = await answer(readMessage(type, call.request), { signal, caller: callerOf(call.getPeer()) });
      // A call that has ended meanwhile is measured as what its client saw.
      if (signal.aborted) throw signal.reason;
      const taken = await this.#room.sent(call.getPeer(), sizeOf(response), signal);
      if (signal.aborted) {
        taken?.();
        throw signal.reason;
      }
      if (taken === undefined) throw untaken();
      // The signal tells of the call's end after its answer too.
      signal.addEventListener("abort", taken);
      call.sendMetadata(withRequestId(new Metadata(), id));
      respond(null, response);
    } catch (thrown) {
      const failure = asRunnerError(signal.aborted ? signal.reason : thrown);
      code = failure.code;
      this.#logCause(failure, id);
      const { metadata, ...status } = failureStatus(failure, id);
      // Without a header of its own the answer is one block, so that a client's retry policy may still apply to it.
      respond({ ...status, metadata: withRequestId(metadata, id) });
    }
    const durationMs = performance.now() - startedMs;
    this.#logger.info("request handled", { transport: "grpc", method, code, durationMs: Math.round(durationMs) });
    this.#metrics.requestHandled({ transport: "grpc", method, code, durationMs });
  }

  /** The log is the only place that learns why we failed. */
  #logCause(failure: RunnerError, errorId: string): void {
    if (failure.code === "INTERNAL") this.#logger.error("request failed unforeseen", { errorId, err: failure });
    else if (failure.code === "UNAVAILABLE" && failure.cause !== undefined) this.#logger.warn("request failed", { err: failure });
  }
}

const untaken = () =>
  new RunnerError("RESOURCE_EXHAUSTED", "this client has not taken the answers that it asked for, or has too much under way");

/** About how large a message of texts and numbers is. */
const sizeOf = (message: object) =>
  Object.values(message).reduce<number>((sum, value) => sum + (typeof value === "string" ? Buffer.byteLength(value) : 8), 0);

interface Handling<Request, Response extends object> {
  id: string;
  method: string;
  type: Readable<Request>;
  answer: Answer<Request, Response>;
  call: ServerUnaryCall<Buffer, Response>;
  respond: sendUnaryData<Response>;
}

function withRequestId(metadata: Metadata, id: string): Metadata {
  metadata.set(requestIdKey, id);
  return metadata;
}

/**
 * The same method with its requests left as bytes. grpc-js answers INTERNAL when a deserializer throws, so the frame reads
 * them itself.
 */
export function rawRequests<Request, Response>(method: MethodDefinition<Request, Response>): MethodDefinition<Buffer, Response> {
  return { ...method, requestSerialize: (bytes: Buffer) => bytes, requestDeserialize: (bytes: Buffer) => bytes };
}
