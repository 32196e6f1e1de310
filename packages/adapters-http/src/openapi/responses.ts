/** The answers that are no success, each with the JSON that a client gets to see. */
const requestId = { $ref: "#/components/headers/RequestId" };

function error(
  description: string,
  { code, message, details = [] }: { code: number; message: string; details?: object[] },
  headers: object = {},
) {
  return {
    description,
    headers: { "X-Request-Id": requestId, ...headers },
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" }, example: { code, message, details } } },
  };
}

const retryAfter = { "Retry-After": { description: "When to come back, in seconds.", schema: { type: "integer", minimum: 1 } } };

export const responses = {
  InvalidArgument: error("The request is not what the route takes (INVALID_ARGUMENT).", { code: 3, message: "code is empty" }),
  PermissionDenied: error("The user is not an admin, or as for the other calls (PERMISSION_DENIED).", {
    code: 7,
    message: "user 2 may not delete snippets",
  }),
  ForeignPage: error("A web page of another origin asks, or a name that is not the server's is asked for (PERMISSION_DENIED).", {
    code: 7,
    message: 'a web page of the origin "https://evil.example" may not use this server; an operator can list its origin under cors.origins',
  }),
  Unauthenticated: error("A token is required, and missing or bad (UNAUTHENTICATED).", { code: 16, message: "a token is required" }),
  NotFound: error("There is no such snippet (NOT_FOUND).", { code: 5, message: "snippet 42 not found" }),
  TooLarge: error("The body is over the limit (INVALID_ARGUMENT).", { code: 3, message: "the body is larger than 1048576 bytes" }),
  UnsupportedEncoding: error("The Content-Encoding is not known (INVALID_ARGUMENT).", {
    code: 3,
    message: "the body's Content-Encoding must be one of gzip, deflate, br, identity",
  }),
  ResourceExhausted: error(
    "The queue is full, or a rate limit is reached (RESOURCE_EXHAUSTED).",
    {
      code: 8,
      message: "the queue is full",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.500s" }],
    },
    retryAfter,
  ),
  Cancelled: error("The call was cancelled (CANCELLED).", { code: 1, message: "the call was cancelled" }),
  Internal: error("Something unforeseen (INTERNAL); the server's log tells more under the id.", {
    code: 13,
    message: "internal error, correlation id 0b6f3f0e-6f43-4f0a-9a3e-0d3a4f3a4a55",
  }),
  Unavailable: error("The store, the SSO service or the sandbox can't be used now (UNAVAILABLE).", {
    code: 14,
    message: "the snippet store can't be reached",
  }),
  DeadlineExceeded: error("The deadline of Grpc-Timeout has passed (DEADLINE_EXCEEDED).", {
    code: 4,
    message: "the client's deadline has passed",
  }),
};

const ref = (name: keyof typeof responses) => ({ $ref: `#/components/responses/${name}` });

/** What every call can end with. */
export const callErrors = {
  400: ref("InvalidArgument"),
  401: ref("Unauthenticated"),
  403: ref("ForeignPage"),
  429: ref("ResourceExhausted"),
  499: ref("Cancelled"),
  500: ref("Internal"),
  503: ref("Unavailable"),
  504: ref("DeadlineExceeded"),
};

/** What a call with a body can end with too. */
export const bodyErrors = { 413: ref("TooLarge"), 415: ref("UnsupportedEncoding") };
export const notFound = { 404: ref("NotFound") };
export const permissionDenied = { 403: ref("PermissionDenied") };
