/** A program that reaches for the process above it. */
import type { Attack } from "../attack.js";
import { letsTrace } from "../this-host.js";
import { goCode, tries } from "./go-code.js";

export const tracing: Attack = {
  name: "tracing, reading and holding the parent",
  line: "ptrace, process_vm_readv, pidfd",
  request: {
    files: goCode(
      "errors fmt os runtime syscall unsafe",
      `	runtime.LockOSThread()
	parent := uintptr(os.Getppid())
	call := func(name string, number uintptr, args ...uintptr) (uintptr, syscall.Errno) {
		var all [6]uintptr
		copy(all[:], args)
		result, _, errno := syscall.RawSyscall6(number, all[0], all[1], all[2], all[3], all[4], all[5])
		if errno == 0 {
			try(name, nil)
		} else {
			try(name, errno)
		}
		return result, errno
	}
	var there [8]byte
	ours := [2]uintptr{uintptr(unsafe.Pointer(&there)), 8}
	// Where the code of a Go program begins.
	theirs := [2]uintptr{map[string]uintptr{"amd64": 0x40_1000, "arm64": 0x1_1000}[runtime.GOARCH], 8}
	readv := map[string]uintptr{"amd64": 310, "arm64": 270}[runtime.GOARCH]
	if _, errno := call("attach", syscall.SYS_PTRACE, 16, parent); errno == 0 {
		// One that is stopped would stop us all.
		syscall.Wait4(int(parent), nil, 0x4000_0000, nil)
		syscall.PtraceDetach(int(parent))
	}
	call("seize", syscall.SYS_PTRACE, 0x4206, parent)
	call("read", readv, parent, uintptr(unsafe.Pointer(&ours)), 1, uintptr(unsafe.Pointer(&theirs)), 1)
	pidfd, _, errno := syscall.RawSyscall(434, parent, 0, 0)
	if errno == 0 {
		call("take a descriptor", 438, pidfd, 3)
		call("kill", 424, pidfd, 15)
	}
	_, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", parent))
	try("its map", err)
	_, err = os.Open(fmt.Sprintf("/proc/%d/mem", parent))
	try("its memory", err)`,
      tries.replace('fmt.Println(name + ": done")', 'if name != "kill" { fmt.Println(name + ": done") }'),
    ),
  },
  ends: ["ok"],
  hides: /: done/,
  control: [
    { without: "hiding of the supervisor", where: letsTrace, says: /its map: done\nits memory: done/, part: "its map and memory" },
    {
      without: ["hiding of the supervisor", "system call filter"],
      where: letsTrace,
      says: /attach: done\nseize: done\nread: done\ntake a descriptor: done/,
      part: "the calls",
    },
  ],
  representative: "once",
};
