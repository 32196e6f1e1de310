/** Programs that have the kernel take memory for them which its tables don't tell, or which is no process's. */
import type { Attack } from "../attack.js";
import { hasMptcp } from "../this-host.js";
import { goCode } from "./go-code.js";

const mib = 1024 * 1024;
const line = "heap, goroutine, stack, mmap bombs";
const survived = /survived/;

/** Connects as often as it may, and sends on each what `send` makes of the socket until it takes no more. */
const connections = (protocol: number, send: string) =>
  goCode(
    "runtime syscall unsafe",
    `	listener, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, ${protocol})
	if err != nil {
		println("refused:", err.Error())
		return
	}
	here := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	syscall.Bind(listener, here)
	syscall.Listen(listener, 100)
	bound, _ := syscall.Getsockname(listener)
	here.Port = bound.(*syscall.SockaddrInet4).Port
	total := 0
	for range 60 {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, ${protocol})
		if err == nil {
			err = syscall.Connect(fd, here)
		}
		if err != nil {
			println("refused:", err.Error())
			return
		}
		sent, errno := send(fd)
		if sent == 0 {
			println("refused:", errno.Error())
			return
		}
		total += sent
	}
	println("survived", total)`,
    `
func send(fd int) (total int, errno syscall.Errno) {
${send}
}

var _ = []any{runtime.GOARCH, unsafe.Pointer(nil)}
`,
  );

const pieces = connections(
  262,
  `	syscall.SetNonblock(fd, true)
	piece := make([]byte, 64<<10)
	for total < 4<<20 {
		sent, err := syscall.Write(fd, piece)
		if err != nil {
			errno = err.(syscall.Errno)
			break
		}
		total += sent
	}
	return total, errno`,
);

/** Flags are MSG_EOR and MSG_DONTWAIT; by sendto, by sendmsg, and by sendmmsg, which also takes the first from memory. */
const records = connections(
  0,
  `	one := []byte{1}
	vector := syscall.Iovec{Base: &one[0], Len: 1}
	type messages struct {
		syscall.Msghdr
		sent uint64
	}
	message := &messages{Msghdr: syscall.Msghdr{Iov: &vector, Iovlen: 1, Flags: 0x80}}
	number := map[string]uintptr{"amd64": 307, "arm64": 269}[runtime.GOARCH]
	for _, try := range []func() syscall.Errno{
		func() syscall.Errno {
			_, _, errno := syscall.Syscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&one[0])), 1, 0xc0, 0, 0)
			return errno
		},
		func() syscall.Errno {
			_, _, errno := syscall.Syscall(syscall.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&message.Msghdr)), 0xc0)
			return errno
		},
		func() syscall.Errno {
			_, _, errno := syscall.Syscall6(number, uintptr(fd), uintptr(unsafe.Pointer(message)), 1, 0x40, 0, 0)
			return errno
		},
	} {
		for errno = 0; errno == 0 && total < 2000; total++ {
			errno = try()
		}
		total--
	}
	return max(total, 0), errno`,
);

/** Each byte that is read takes a table of 4 KiB, and no page. */
const tables = goCode(
  "syscall unsafe",
  `	const size = 128 << 30
	address, _, errno := syscall.RawSyscall6(syscall.SYS_MMAP, 0, size, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE, ^uintptr(0), 0)
	if errno != 0 {
		println("refused:", errno.Error())
		return
	}
	sum := 0
	for at := uintptr(0); at < size; at += 2 << 20 {
		sum += int(*(*byte)(unsafe.Pointer(address + at)))
	}
	println("survived", sum)`,
);

export const kernelMemory: Attack[] = [
  {
    name: "192 MiB in MPTCP connections that nobody reads",
    line,
    request: { files: pieces },
    ends: ["ok"],
    says: /refused: operation not permitted/,
    control: { without: "system call filter", where: hasMptcp, says: survived },
    representative: "once",
  },
  {
    name: "records of a byte in TCP connections that nobody reads",
    line,
    request: { files: records },
    ends: ["ok"],
    says: /refused: (operation not permitted|function not implemented)/,
    control: { without: "system call filter", says: survived },
    representative: "once",
  },
  {
    name: "page tables of 256 MiB",
    line,
    request: { files: tables, limits: { memoryBytes: 128 * mib } },
    ends: ["memory_limit"],
    endsUnderRlimits: ["ok"],
    hides: survived,
    control: { without: "limit", limits: { memoryBytes: 1024 * mib }, says: survived },
    controlUnderRlimits: { without: "limit of address space", says: survived },
    representative: "everywhere",
  },
];
