/** What a program is given. */
import assert from "node:assert/strict";
import { encodeUtf8 } from "@gorunner/core";
import { aRequest, hello, program } from "../programs.js";
import { type Check, text } from "./check.js";

export function inputs(check: Check): void {
  check("without input, stdin is empty", async (executor) => {
    const execution = await executor.execute(aRequest(countStdin));
    assert.equal(text(execution.stdout), "0 bytes\n");
  });

  check("stdin arrives whole", async (executor) => {
    const execution = await executor.execute(aRequest(countStdin, { stdin: new Uint8Array(1_000_000).fill(10) }));
    assert.equal(text(execution.stdout), "1000000 bytes\n");
  });

  check("a program need not read its input", async (executor) => {
    const execution = await executor.execute(aRequest(hello, { stdin: new Uint8Array(1_000_000) }));
    assert.equal(execution.outcome, "ok");
  });

  check("arguments and environment arrive as they are", async (executor) => {
    const code = program(["fmt", "os"], 'fmt.Printf("%q %q", os.Args[1:], os.Getenv("APP_GREETING"))');
    const execution = await executor.execute(aRequest(code, { args: ["a b", "", "ü"], env: { APP_GREETING: "hi = there" } }));
    assert.equal(text(execution.stdout), '["a b" "" "ü"] "hi = there"');
  });

  check("several files make one program", async (executor) => {
    const files = [
      { path: "prog.go", content: encodeUtf8("package main\n\nfunc main() { greet() }\n") },
      { path: "greet.go", content: encodeUtf8('package main\n\nimport "fmt"\n\nfunc greet() { fmt.Println("from another file") }\n') },
    ];
    const execution = await executor.execute(aRequest("", { files }));
    assert.equal(text(execution.stdout), "from another file\n", text(execution.stderr));
  });

  check("an execution finds nothing of the one before", async (executor) => {
    const code = program(
      ["fmt", "os"],
      '_, err := os.Stat("/tmp/left")',
      'fmt.Println(os.IsNotExist(err), os.WriteFile("/tmp/left", nil, 0o644))',
    );
    for (let round = 0; round < 2; round++) {
      assert.equal(text((await executor.execute(aRequest(code))).stdout), "true <nil>\n");
    }
  });
}

const countStdin = program(["fmt", "io", "os"], "data, _ := io.ReadAll(os.Stdin)", 'fmt.Println(len(data), "bytes")');
