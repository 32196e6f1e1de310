import { type ErrorCode, RunnerError } from "@gorunner/core";

/** A failure that only HTTP knows, with a status (or a gRPC code) of its own. */
export class HttpRefusal extends RunnerError {
  readonly httpStatus: number;
  readonly grpcCode: number | undefined;

  constructor(message: string, refusal: { httpStatus: number; code?: ErrorCode; grpcCode?: number; cause?: unknown }) {
    super(refusal.code ?? "INVALID_ARGUMENT", message, { cause: refusal.cause });
    this.httpStatus = refusal.httpStatus;
    this.grpcCode = refusal.grpcCode;
  }
}

/** gRPC's UNIMPLEMENTED, which the core has no use for. */
const unimplemented = 12;

/** What grpc-gateway answers where no route is. */
export const routeNotFound = () => new HttpRefusal("Not Found", { httpStatus: 404, code: "NOT_FOUND" });

/** What grpc-gateway answers where a route has other methods. */
export const methodNotAllowed = () => new HttpRefusal("Method Not Allowed", { httpStatus: 501, grpcCode: unimplemented });

export const bodyTooLarge = (maxBytes: number) => new HttpRefusal(`the body is larger than ${maxBytes} bytes`, { httpStatus: 413 });
