/** Signals to the program itself, by its own pid, are all that it may send; tests run under the same filter. */
import assert from "node:assert/strict";
import { aRequest, sourceFiles } from "@gorunner/core/contract";
import { closeSharedExecutor, sharedExecutor } from "../shared-executor.js";

const test = `package a

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

func TestSignals(t *testing.T) {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGTERM)
	self, _ := os.FindProcess(os.Getpid())
	for _, send := range []func() error{
		func() error { return syscall.Kill(syscall.Getpid(), syscall.SIGTERM) },
		func() error { return self.Signal(syscall.SIGTERM) },
		func() error {
			_, _, errno := syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(syscall.Gettid()), uintptr(syscall.SIGTERM))
			if errno != 0 {
				return errno
			}
			return nil
		},
	} {
		if err := send(); err != nil {
			t.Fatal(err)
		}
		<-got
	}
	// Those of pid 1's threads, and of its own.
	for id := range 40 {
		if err := syscall.Kill(id, 0); id != syscall.Getpid() && err != syscall.EPERM {
			t.Error(id, err)
		}
	}
}
`;

describe("A test under the filter", function () {
  this.timeout(120_000);
  after(closeSharedExecutor);

  it("signals itself, and no thread's number", async () => {
    const executor = await sharedExecutor();
    const { outcome, stdout, stderr } = await executor.execute(aRequest("", { files: sourceFiles({ "a_test.go": test }), mode: "test" }));
    assert.equal(outcome, "ok", Buffer.concat([stdout, stderr]).toString());
  });
});
