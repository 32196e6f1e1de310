/** The messages of the REST routes as JSON Schema (2020-12, the dialect of OpenAPI 3.1). */
const helloCode = 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("Hello RunCode!")\n}\n';

const int64 = (description: string, example: string) => ({
  type: "string",
  format: "int64",
  pattern: "^[0-9]+$",
  description,
  examples: [example],
});

export const schemas = {
  CodeRequest: {
    type: "object",
    description: "Unknown fields are ignored.",
    properties: {
      code: {
        type: "string",
        minLength: 1,
        description:
          "A Go program, or several files in one text: a line `-- name --` begins a file, what stands before the first is prog.go. One without main but with tests is tested. At most 64 KiB of UTF-8, without NUL, and 20 files.",
      },
    },
    required: ["code"],
    examples: [{ code: helloCode }],
  },
  CodeResponse: {
    type: "object",
    properties: {
      code: { type: "string", description: "The program, as it was sent." },
      output: { type: "string", description: "What it wrote to stdout." },
      error: {
        type: "string",
        description:
          "Empty on success; else what the compiler said, or what the program wrote to stderr and, if it failed, one last line that says how.",
      },
    },
    required: ["code", "output", "error"],
    examples: [{ code: helloCode, output: "Hello RunCode!\n", error: "" }],
  },
  ShareResponse: {
    type: "object",
    properties: { id: int64("The new snippet's id.", "2") },
    required: ["id"],
    examples: [{ id: "2" }],
  },
  DeleteCodeResponse: {
    type: "object",
    properties: { success: { type: "boolean" } },
    required: ["success"],
    examples: [{ success: true }],
  },
  Error: {
    type: "object",
    properties: {
      code: { type: "integer", format: "int32", description: "The number of the gRPC status code." },
      message: { type: "string" },
      details: {
        type: "array",
        description: "Messages of google.rpc; with code 8 a RetryInfo.",
        items: { type: "object", properties: { "@type": { type: "string" } }, required: ["@type"] },
      },
    },
    required: ["code", "message", "details"],
  },
  Health: {
    type: "object",
    properties: { status: { const: "ok" } },
    required: ["status"],
    examples: [{ status: "ok" }],
  },
  Ready: {
    type: "object",
    properties: {
      status: { const: "ready" },
      executor: {
        type: "object",
        description:
          "What programs are executed with: the toolchain, the sandbox's tier, what limits resources, what is under a system call filter; a warning, if any.",
        additionalProperties: { type: "string" },
      },
    },
    required: ["status"],
    examples: [{ status: "ready", executor: { toolchain: "go1.26.10", tier: "bubblewrap", resources: "cgroup-v2", seccomp: "all" } }],
  },
  Unready: {
    type: "object",
    properties: { status: { const: "unavailable" }, reason: { type: "string" } },
    required: ["status", "reason"],
    examples: [{ status: "unavailable", reason: "draining" }],
  },
};
