/** Programs that ask the kernel for what no snippet needs. */
import type { Attack } from "../attack.js";
import { answersInt80, answersX32, closedKernel, leavesRights, openKernel } from "../this-host.js";
import { goCode } from "./go-code.js";
import { bad, type Call, calls } from "./refused-calls.js";

const table = calls
  .map(({ name, numbers, args = [] }) => `\t\t{"${name}", [2]uintptr{${numbers.join(", ")}}, []uintptr{${args.map(argument).join(", ")}}},`)
  .join("\n");

function argument(value: number | string): string {
  if (value === "&") return "zeros";
  return value === bad ? "^uintptr(0)" : String(value);
}

/** A child that came of it ends at once, and is no output. */
const allCalls = goCode(
  "fmt runtime strings syscall unsafe",
  `	memory := make([]byte, 4096)
	zeros := uintptr(unsafe.Pointer(&memory[0]))
	which := map[string]int{"amd64": 0, "arm64": 1}[runtime.GOARCH]
	for _, call := range []struct {
		name    string
		numbers [2]uintptr
		args    []uintptr
	}{
${table}
	} {
		var a [6]uintptr
		copy(a[:], call.args)
		runtime.LockOSThread()
		result, _, errno := syscall.RawSyscall6(call.numbers[which], a[0], a[1], a[2], a[3], a[4], a[5])
		if result == 0 && errno == 0 && strings.HasPrefix(call.name, "clone") {
			syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
		}
		if errno != syscall.EPERM && errno != syscall.ENOSYS {
			fmt.Println(call.name, "was let through:", errno)
		}
	}
	runtime.KeepAlive(memory)
	fmt.Println("end")`,
);

const line = "the system calls of rule 3";

/** Those that every kernel has, and that need no rights, nor does Docker's own filter refuse them. */
const known = ["ptrace", "process_vm_readv", "clone(fork)", "socket(AF_NETLINK)", "seccomp", "shmget"];
const forAnybody = namesOf(undefined);
const withRights = namesOf("rights");

function namesOf(needs: Call["needs"]): string[] {
  return calls.filter((call) => call.needs === needs).map(({ name }) => name);
}

/** In the order in which they are made. */
const letThrough = (names: readonly string[]) =>
  new RegExp([...names.map((name) => `^${name.replace(/[()]/g, "\\$&")} was let through:`), "^end$"].join("[\\s\\S]*"), "m");

export const syscalls: Attack[] = [
  {
    name: `${calls.length} system calls that no snippet needs`,
    line,
    request: { files: allCalls },
    ends: ["ok"],
    prints: "end\n",
    control: [
      { without: "system call filter", where: openKernel, says: letThrough(forAnybody), part: `${forAnybody.length} of them` },
      { without: "system call filter", where: closedKernel, says: letThrough(known), part: `${known.length} of them` },
      {
        without: ["system call filter", "dropping of capabilities"],
        where: leavesRights,
        says: letThrough(withRights),
        part: `${withRights.length} more`,
      },
    ],
    representative: "everywhere",
  },
  {
    name: "system calls of 32-bit x86 (int 0x80)",
    line,
    request: {
      files: goCode(
        "fmt runtime syscall unsafe",
        `	if runtime.GOARCH != "amd64" {
		fmt.Println("there are none")
		return
	}
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	copy(page, []byte{0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3}) // mov eax, getpid; int 0x80; ret
	if err := syscall.Mprotect(page, syscall.PROT_READ|syscall.PROT_EXEC); err != nil {
		fmt.Println("no code of its own:", err)
		return
	}
	code := unsafe.Pointer(&page[0])
	getpid := *(*func() int)(unsafe.Pointer(&struct{ p *unsafe.Pointer }{&code}))
	if int32(getpid()) == int32(syscall.Getpid()) {
		fmt.Println("survived")
	} else {
		fmt.Println("refused")
	}`,
      ),
    },
    ends: ["ok", "killed"],
    hides: /survived/,
    control: { without: "system call filter", where: answersInt80, says: /^survived$/m },
    representative: "once",
  },
  {
    name: "system calls of x32",
    line,
    request: {
      files: goCode(
        "fmt runtime syscall",
        `	pid, _, errno := syscall.RawSyscall(0x4000_0000|39, 0, 0, 0)
	if runtime.GOARCH == "amd64" && errno == 0 && pid == uintptr(syscall.Getpid()) {
		fmt.Println("survived")
	}
	fmt.Println("the kernel said:", errno)`,
      ),
    },
    ends: ["ok", "killed"],
    hides: /survived/,
    control: { without: "system call filter", where: answersX32, says: /^survived$/m },
  },
  {
    name: "TIOCSTI and TIOCLINUX, also with high bits set",
    line: "TIOCSTI",
    request: {
      files: goCode(
        "fmt syscall unsafe",
        `	letter := byte('x')
	terminal, err := syscall.Open("/dev/ptmx", syscall.O_RDWR, 0)
	if err != nil {
		terminal = 0
	}
	for _, request := range []uintptr{0x5412, 0x1_0000_5412, 0xffff_ffff_0000_5412, 0x541c, 0x1_0000_541c} {
		for _, fd := range []int{0, 1, 2, terminal} {
			_, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&letter)))
			// Any other answer is that of what is behind the descriptor.
			if errno != syscall.EPERM && errno != syscall.EBADF {
				fmt.Printf("%x on %d was let through: %v\\n", request, fd, errno)
			}
		}
	}
	fmt.Println("end")`,
      ),
    },
    ends: ["ok"],
    says: /end/,
    hides: /let through/,
    control: { without: "system call filter", says: /^5412 on 1 was let through[\s\S]*^10000541c on 1 was let through/m },
    representative: "once",
  },
];
