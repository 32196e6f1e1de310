/** System calls that no snippet needs, each with arguments at which the kernel itself would say something else than EPERM. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

interface Call {
  name: string;
  /** Numbers for x86-64 and arm64. */
  numbers: [amd64: number, arm64: number];
  args?: (number | string)[];
}

const bad = -1;
const both = (number: number): [number, number] => [number, number];

/** Rule 3, and what could serve as a channel or a way out beside it. `&` is memory of zeros. */
const calls: Call[] = [
  { name: "io_uring_setup", numbers: both(425), args: [1, "&"] },
  { name: "io_uring_enter", numbers: both(426), args: [bad] },
  { name: "io_uring_register", numbers: both(427), args: [bad] },
  { name: "userfaultfd", numbers: [323, 282], args: [bad] },
  { name: "bpf", numbers: [321, 280], args: [99, "&", 8] },
  { name: "perf_event_open", numbers: [298, 241], args: ["&", 0, bad, bad, bad] },
  { name: "keyctl", numbers: [250, 219], args: [0, bad, 0] },
  { name: "add_key", numbers: [248, 217], args: ["&", "&", 0, 0, bad] },
  { name: "request_key", numbers: [249, 218], args: ["&", "&", 0, 0] },
  { name: "ptrace", numbers: [101, 117], args: [0] },
  { name: "process_vm_readv", numbers: [310, 270], args: [bad, "&", 1, "&", 1] },
  { name: "process_vm_writev", numbers: [311, 271], args: [bad, "&", 1, "&", 1] },
  { name: "mount", numbers: [165, 40], args: ["&", "&", "&"] },
  { name: "umount2", numbers: [166, 39], args: ["&", bad] },
  { name: "pivot_root", numbers: [155, 41], args: ["&", "&"] },
  { name: "chroot", numbers: [161, 51], args: ["&"] },
  { name: "open_tree", numbers: both(428), args: [bad, "&"] },
  { name: "move_mount", numbers: both(429), args: [bad, "&", bad, "&"] },
  { name: "fsopen", numbers: both(430), args: ["&"] },
  { name: "fsconfig", numbers: both(431), args: [bad] },
  { name: "fsmount", numbers: both(432), args: [bad] },
  { name: "mount_setattr", numbers: both(442), args: [bad, "&"] },
  { name: "unshare(user)", numbers: [272, 97], args: [0x1000_0000] },
  { name: "unshare(mount)", numbers: [272, 97], args: [0x2_0000] },
  { name: "setns", numbers: [308, 268], args: [bad, 0] },
  { name: "clone(fork)", numbers: [56, 220], args: [17] },
  { name: "clone(new user namespace)", numbers: [56, 220], args: [0x1000_0011] },
  { name: "clone3", numbers: both(435), args: ["&", 64] },
  { name: "fork", numbers: [57, 220], args: [17] },
  { name: "vfork", numbers: [57, 220], args: [17] },
  { name: "socket(AF_VSOCK)", numbers: [41, 198], args: [40, 1, 0] },
  { name: "socket(AF_NETLINK)", numbers: [41, 198], args: [16, 3, 0] },
  { name: "socket(AF_PACKET)", numbers: [41, 198], args: [17, 3, 0] },
  { name: "socket(AF_ALG)", numbers: [41, 198], args: [38, 5, 0] },
  { name: "socketpair(AF_VSOCK)", numbers: [53, 199], args: [40, 1, 0, "&"] },
  { name: "pidfd_getfd", numbers: both(438), args: [bad, 0] },
  { name: "kexec_load", numbers: [246, 104], args: [0, 0, 0, bad] },
  { name: "init_module", numbers: [175, 105], args: ["&", 0, "&"] },
  { name: "finit_module", numbers: [313, 273], args: [bad, "&"] },
  { name: "open_by_handle_at", numbers: [304, 265], args: [bad, "&"] },
  { name: "name_to_handle_at", numbers: [303, 264], args: [bad, "&", "&", "&"] },
  { name: "personality", numbers: [135, 92], args: [0x0040_0000] },
  { name: "syslog", numbers: [103, 116], args: [bad] },
  { name: "swapon", numbers: [167, 224], args: ["&", 0] },
  { name: "reboot", numbers: [169, 142], args: [0] },
  { name: "settimeofday", numbers: [164, 170], args: [0, 0] },
  { name: "sethostname", numbers: [170, 161], args: ["&", 1] },
  { name: "quotactl", numbers: [179, 60], args: [bad] },
  { name: "fanotify_init", numbers: [300, 262], args: [bad] },
  { name: "inotify_init1", numbers: [294, 26], args: [0] },
  { name: "landlock_create_ruleset", numbers: both(444), args: [0, 0, 1] },
  { name: "seccomp", numbers: [317, 277], args: [99] },
  { name: "memfd_secret", numbers: both(447), args: [0] },
  { name: "shmget", numbers: [29, 194], args: [0, 4096, 0o1600] },
  { name: "semget", numbers: [64, 190], args: [0, 1, 0o1600] },
  { name: "msgget", numbers: [68, 186], args: [0, 0o1600] },
  { name: "mq_open", numbers: [240, 180], args: ["&", 0] },
  { name: "kcmp", numbers: [312, 272], args: [bad, bad, bad] },
  { name: "move_pages", numbers: [279, 239], args: [bad] },
  { name: "migrate_pages", numbers: [256, 238], args: [bad] },
  { name: "set_mempolicy", numbers: [238, 237], args: [bad] },
  { name: "process_madvise", numbers: both(440), args: [bad] },
];

const table = calls
  .map(({ name, numbers, args = [] }) => `\t\t{"${name}", [2]uintptr{${numbers.join(", ")}}, []uintptr{${args.map(argument).join(", ")}}},`)
  .join("\n");

function argument(value: number | string): string {
  if (value === "&") return "zeros";
  return value === bad ? "^uintptr(0)" : String(value);
}

/** A child that came of it ends at once, and is no output. */
const allCalls = goCode(
  "fmt runtime syscall unsafe",
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
		if result == 0 && errno == 0 && (call.numbers[which] == [2]uintptr{56, 220}[which] || call.numbers[which] == 57) {
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

export const syscalls: Attack[] = [
  {
    name: `${calls.length} system calls that no snippet needs`,
    line,
    request: { files: allCalls },
    ends: ["ok"],
    prints: "end\n",
    control: { without: "system call filter", says: /io_uring_setup was let through/ },
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
    // A kernel that was made without them says SIGSEGV itself.
    control: { without: "system call filter", says: /survived|there are none|SIGSEGV/ },
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
    // Few kernels have them, but each answers.
    control: { without: "system call filter", says: /the kernel said/ },
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
