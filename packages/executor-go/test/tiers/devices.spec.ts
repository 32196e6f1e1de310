/** What programs see of the host's devices. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { aRequest, program } from "@gorunner/core/contract";
import { GoExecutor } from "../../src/index.js";
import { hostDevices } from "../../src/sandbox/bubblewrap.js";
import { executorOptions } from "../shared-executor.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

describe("The devices of a sandbox", function () {
  this.timeout(120_000);
  let executor: GoExecutor;
  before(() => {
    executor = new GoExecutor(executorOptions({ warmSandboxes: 0 }));
  });
  after(() => executor.close());

  it("can be read and written to", async () => {
    const code = program(
      ["fmt", "os"],
      'zero, err := os.Open("/dev/zero")',
      "count, _ := zero.Read(make([]byte, 10))",
      'random, _ := os.Open("/dev/urandom")',
      "more, _ := random.Read(make([]byte, 10))",
      'full := os.WriteFile("/dev/full", []byte("x"), 0)',
      'fmt.Println(count, more, err, full, os.WriteFile("/dev/null", []byte("x"), 0))',
    );
    const { stdout, stderr } = await executor.execute(aRequest(code));
    assert.equal(text(stdout), "10 10 <nil> write /dev/full: no space left on device <nil>\n", text(stderr));
  });

  if (process.getuid?.() === 0) {
    it("keep nothing that a program could leave in their times", async () => {
      const before = hostDevices.map((path) => statSync(path).mtimeMs);
      const code = program(
        ["fmt", "os", "syscall", "unsafe"],
        `for _, path := range []string{${hostDevices.map((path) => JSON.stringify(path)).join(", ")}} {`,
        "name, _ := syscall.BytePtrFromString(path)",
        "_, _, errno := syscall.RawSyscall6(syscall.SYS_UTIMENSAT, ^uintptr(99), uintptr(unsafe.Pointer(name)), 0, 0, 0, 0)",
        "fmt.Println(errno)",
        "}",
        "_ = os.Args",
      );
      const { stdout } = await executor.execute(aRequest(code));
      assert.equal(text(stdout), "read-only file system\n".repeat(hostDevices.length));
      assert.deepEqual(
        hostDevices.map((path) => statSync(path).mtimeMs),
        before,
      );
    });
  }
});
