/** Programs that have the kernel keep sockets, and what waits in them, where no descriptor and no control group counts it. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

const mib = 1024 * 1024;
const unowned = "sockets without a descriptor";
const survived = /survived/;

/**
 * Makes 60,000 connections, which are closed at once, to listeners with as many waiting as the kernel allows. `address` makes
 * the address of listener n, `then` is what becomes of the other end.
 */
const connections = (family: string, address: string, then = "") =>
  goCode(
    "fmt syscall",
    `	_ = fmt.Sprint()
	made := 0
	for n := range 15 {
		listener, err := syscall.Socket(syscall.${family}, syscall.SOCK_STREAM, 0)
		if err != nil {
			println("refused:", err.Error())
			return
		}
		var here syscall.Sockaddr = ${address}
		syscall.Bind(listener, here)
		syscall.Listen(listener, 4096)
		here, _ = syscall.Getsockname(listener)
		for range 4000 {
			fd, err := syscall.Socket(syscall.${family}, syscall.SOCK_STREAM, 0)
			if err == nil {
				err = syscall.Connect(fd, here)
			}
			if err != nil {
				println("refused:", err.Error())
				return
			}
			syscall.Close(fd)
			${then}
			made++
		}
		_ = n
	}
	println("survived", made)`,
  );

const loopback = "&syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}";
const accepted = "if other, _, err := syscall.Accept4(listener, 0); err == nil { syscall.Close(other) }";
const unaccepted = (name: string, files: Attack["request"]["files"], more: Partial<Attack> = {}): Attack => ({
  name,
  line: unowned,
  request: { files },
  ends: ["memory_limit"],
  hides: survived,
  succeededAt: "95848d4",
  ...more,
});

/** Ten senders fill each receiver, as many as its queue takes, and are closed. */
const datagrams = goCode(
  "fmt syscall",
  `	piece := make([]byte, 100<<10)
	total := 0
	for n := range 200 {
		receiver, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
		if err != nil {
			println("refused:", err.Error())
			return
		}
		name := &syscall.SockaddrUnix{Name: fmt.Sprint("@receiver-", n)}
		syscall.Bind(receiver, name)
		for range 10 {
			sender, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
			if err != nil {
				println("refused:", err.Error())
				return
			}
			if syscall.Sendto(sender, piece, syscall.MSG_DONTWAIT, name) == nil {
				total += len(piece)
			}
			syscall.Close(sender)
		}
	}
	println("survived", total)`,
);

/** Sends a byte of each page of a file, by sendfile and by splice. */
const moved = goCode(
  "os syscall",
  `	file, err := os.Create("/tmp/pages")
	if err != nil {
		panic(err)
	}
	file.Truncate(1 << 20)
	var pair [2]int
	if pair, err = syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0); err != nil {
		panic(err)
	}
	var pipe [2]int
	syscall.Pipe2(pipe[:], 0)
	sent := 0
	for offset := int64(0); offset < 100<<12; offset += 1 << 12 {
		from := offset
		if n, err := syscall.Sendfile(pair[0], int(file.Fd()), &from, 1); err != nil {
			println("refused:", err.Error())
			break
		} else {
			sent += n
		}
	}
	for offset := int64(0); offset < 10<<12; offset += 1 << 12 {
		from := offset
		n, err := syscall.Splice(int(file.Fd()), &from, pipe[1], nil, 1, 0)
		if err != nil {
			println("refused:", err.Error())
			break
		}
		sent += int(n)
	}
	if sent > 0 {
		println("survived", sent)
	}`,
);

/** Each with what it takes to be accepted: a filter of one instruction, a key, a group, the length of a queue. */
const options = goCode(
  "fmt runtime syscall unsafe",
  `	filter := struct {
		code   uint16
		jt, jf uint8
		k      uint32
	}{code: 6, k: 0xffff}
	program := struct {
		length uint16
		filter unsafe.Pointer
	}{1, unsafe.Pointer(&filter)}
	key := [216]byte{0: 2, 4: 127, 7: 2, 130: 4}
	group := [12]byte{0: 224, 3: 100, 8: 1}
	group6 := [20]byte{0: 0xff, 1: 2, 15: 77, 16: 1}
	one := int32(1)
	for _, option := range []struct {
		name                        string
		family, kind, level, number int
		value                       unsafe.Pointer
		size                        uintptr
	}{
		{"a socket filter", syscall.AF_INET, syscall.SOCK_DGRAM, syscall.SOL_SOCKET, 26, unsafe.Pointer(&program), unsafe.Sizeof(program)},
		{"a key of TCP", syscall.AF_INET, syscall.SOCK_STREAM, syscall.IPPROTO_TCP, 14, unsafe.Pointer(&key), unsafe.Sizeof(key)},
		{"a connection without data", syscall.AF_INET, syscall.SOCK_STREAM, syscall.IPPROTO_TCP, 9, unsafe.Pointer(&one), 4},
		{"a membership", syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_IP, 35, unsafe.Pointer(&group), unsafe.Sizeof(group)},
		{"a membership of IPv6", syscall.AF_INET6, syscall.SOCK_DGRAM, syscall.IPPROTO_IPV6, 20, unsafe.Pointer(&group6), unsafe.Sizeof(group6)},
		{"a low-water mark", syscall.AF_INET, syscall.SOCK_STREAM, syscall.SOL_SOCKET, 18, unsafe.Pointer(&one), 4},
	} {
		fd, err := syscall.Socket(option.family, option.kind, 0)
		if err != nil {
			continue
		}
		_, _, errno := syscall.Syscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), uintptr(option.level), uintptr(option.number), uintptr(option.value), option.size, 0)
		runtime.KeepAlive(&filter)
		if errno != syscall.EPERM {
			fmt.Println(option.name, "was let through:", errno)
		}
	}
	fmt.Println("end")`,
);

export const socketAttacks: Attack[] = [
  unaccepted("60,000 TCP connections that nobody accepts", connections("AF_INET", loopback), { representative: "everywhere" }),
  {
    name: "60,000 TCP connections that are closed at once",
    line: unowned,
    request: { files: connections("AF_INET", loopback, accepted) },
    ends: ["memory_limit", "run_timeout"],
    hides: survived,
  },
  unaccepted(
    "60,000 local connections that nobody accepts",
    connections("AF_UNIX", '&syscall.SockaddrUnix{Name: fmt.Sprintf("@listener-%d", n)}'),
  ),
  {
    name: "200 MiB in local datagrams whose senders are closed",
    line: "memory of the kernel by pages and datagrams",
    request: { files: datagrams, limits: { memoryBytes: 64 * mib } },
    ends: ["memory_limit"],
    endsUnderRlimits: ["ok"],
    hides: survived,
    control: { without: "limit", limits: { memoryBytes: 1024 * mib }, says: survived },
    controlUnderRlimits: { without: "system call filter", says: survived },
    representative: "once",
  },
  {
    name: "a byte of each page in pipes and sockets",
    line: "memory of the kernel by pages and datagrams",
    request: { files: moved },
    ends: ["ok"],
    says: /^refused: function not implemented\nrefused: invalid argument\n$/,
    control: { without: "system call filter", says: survived },
    representative: "once",
  },
  {
    name: "options of sockets that take memory",
    line: "options of sockets",
    request: { files: options },
    ends: ["ok"],
    prints: "end\n",
    control: {
      without: "system call filter",
      // What there is of keys and filters depends on the kernel.
      says: /^a connection without data was let through: errno 0$[\s\S]*^a membership was let through: errno 0$[\s\S]*^a low-water mark was let through: errno 0$/m,
    },
    representative: "once",
  },
];
