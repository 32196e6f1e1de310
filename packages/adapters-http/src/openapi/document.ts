/** The HTTP port's API as OpenAPI 3.1. */
import { bodyErrors, callErrors, notFound, permissionDenied, responses } from "./responses.js";
import { schemas } from "./schemas.js";

const ref = (schema: keyof typeof schemas) => ({ $ref: `#/components/schemas/${schema}` });

function success(description: string, schema: Exclude<keyof typeof schemas, "Error">) {
  return {
    description,
    headers: { "X-Request-Id": { $ref: "#/components/headers/RequestId" } },
    content: { "application/json": { schema: ref(schema), example: schemas[schema].examples[0] } },
  };
}

const codeBody = {
  required: true,
  description: "JSON, whatever the Content-Type says; may be compressed (Content-Encoding: gzip, deflate, br).",
  content: { "application/json": { schema: ref("CodeRequest"), example: schemas.CodeRequest.examples[0] } },
};

const parameter = (name: string) => ({ $ref: `#/components/parameters/${name}` });
const everyCall = [parameter("GrpcTimeout"), parameter("GivenRequestId")];

export const openApiDocument = {
  openapi: "3.1.0",
  info: {
    title: "Runner",
    version: "1.0.0",
    summary: "Executes and shares Go code snippets.",
    description: "The gRPC service `runner.Runner` as JSON over HTTP, in the manner of grpc-gateway.",
    license: { name: "MIT", identifier: "MIT" },
  },
  servers: [{ url: "/" }],
  tags: [
    { name: "snippets", description: "Running, sharing, reading and deleting code." },
    { name: "operators", description: "Whether the server lives, and whether it can do its work." },
  ],
  paths: {
    "/run": {
      post: {
        tags: ["snippets"],
        operationId: "RunCode",
        summary: "Executes a Go program and answers what it wrote.",
        parameters: everyCall,
        requestBody: codeBody,
        responses: {
          200: success("The program was built and run, or failed to: `error` tells.", "CodeResponse"),
          ...callErrors,
          ...bodyErrors,
        },
      },
    },
    "/share": {
      post: {
        tags: ["snippets"],
        operationId: "ShareCode",
        summary: "Executes a Go program once and stores it, with what it wrote, under a new id.",
        parameters: everyCall,
        requestBody: codeBody,
        responses: { 200: success("Stored.", "ShareResponse"), ...callErrors, ...bodyErrors },
      },
    },
    "/shared/{id}": {
      parameters: [parameter("SnippetId"), ...everyCall],
      get: {
        tags: ["snippets"],
        operationId: "GetCodeByID",
        summary: "Answers a stored snippet; executes nothing.",
        responses: { 200: success("The snippet.", "CodeResponse"), ...callErrors, ...notFound },
      },
      delete: {
        tags: ["snippets"],
        operationId: "DeleteCode",
        summary: "Deletes a stored snippet; only an admin may.",
        parameters: [parameter("UserId")],
        responses: { 200: success("Deleted.", "DeleteCodeResponse"), ...callErrors, ...notFound, ...permissionDenied },
      },
    },
    "/healthz": {
      get: {
        tags: ["operators"],
        operationId: "healthz",
        summary: "Whether the process lives.",
        responses: { 200: success("It does.", "Health") },
      },
    },
    "/readyz": {
      get: {
        tags: ["operators"],
        operationId: "readyz",
        summary: "Whether a snippet could be run and stored now.",
        responses: { 200: success("It could.", "Ready"), 503: success("It could not, for the reason given.", "Unready") },
      },
    },
  },
  components: {
    schemas,
    responses,
    headers: {
      RequestId: { description: "The request's id in the server's log.", schema: { type: "string" } },
    },
    parameters: {
      SnippetId: {
        name: "id",
        in: "path",
        required: true,
        description: "The snippet's id, a positive 64-bit integer.",
        schema: { type: "string", format: "int64", pattern: "^[0-9]+$" },
        example: "2",
      },
      UserId: {
        name: "user_id",
        in: "query",
        required: true,
        description: "Who deletes, a positive 64-bit integer; `userId` is understood too.",
        schema: { type: "string", format: "int64", pattern: "^[0-9]+$" },
        example: "1",
      },
      GrpcTimeout: {
        name: "Grpc-Timeout",
        in: "header",
        required: false,
        description:
          "A deadline in gRPC's grammar: one to eight digits and a unit (H, M, S, m, u, n), as in `5S`. The run is killed when it passes.",
        schema: { type: "string", pattern: "^[0-9]{1,8}[HMSmun]$" },
      },
      GivenRequestId: {
        name: "X-Request-Id",
        in: "header",
        required: false,
        description: "An id for the server's log; it is answered in the header of the same name.",
        schema: { type: "string", pattern: "^[A-Za-z0-9._-]{1,64}$" },
      },
    },
  },
};
