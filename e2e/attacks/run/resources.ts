/** Programs that take more of the machine than they may. Each is bounded: with a larger limit it survives, and says so. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

const mib = 1024 * 1024;
const survived = /survived/;
const small = { memoryBytes: 64 * mib };
const large = { memoryBytes: 1024 * mib };

const memoryFiles = goCode(
  "runtime syscall unsafe",
  `	number := map[string]uintptr{"amd64": 319, "arm64": 279}[runtime.GOARCH]
	name := []byte("m\\x00")
	piece := make([]byte, 1<<20)
	for range 12 {
		fd, _, errno := syscall.RawSyscall(number, uintptr(unsafe.Pointer(&name[0])), 0, 0)
		if errno != 0 {
			println("refused:", errno.Error())
			return
		}
		for range 16 {
			if _, err := syscall.Write(int(fd), piece); err != nil {
				println("refused:", err.Error())
				return
			}
		}
	}
	println("survived")`,
);

/** 192 MiB, all of it touched. */
const memoryBombs: [string, Attack["line"], ReturnType<typeof goCode>, Partial<Attack>][] = [
  [
    "a heap of 192 MiB",
    "heap, goroutine, stack, mmap bombs",
    goCode(
      "",
      `	var all [][]byte
	for range 192 {
		piece := make([]byte, 1<<20)
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = 1
		}
		all = append(all, piece)
	}
	println("survived", len(all))`,
    ),
    { representative: "everywhere" },
  ],
  [
    "60,000 goroutines",
    "heap, goroutine, stack, mmap bombs",
    goCode(
      "sync",
      `	var ready sync.WaitGroup
	stay := make(chan bool)
	for range 60_000 {
		ready.Add(1)
		go func() {
			var block [2000]byte
			touch(&block)
			ready.Done()
			<-stay
			touch(&block)
		}()
	}
	ready.Wait()
	println("survived")`,
      "\n//go:noinline\nfunc touch(block *[2000]byte) { block[7]++ }\n",
    ),
    {},
  ],
  [
    "a stack of 128 MiB",
    "heap, goroutine, stack, mmap bombs",
    goCode(
      "",
      '\tprintln("survived", deep(60_000))',
      "\n//go:noinline\nfunc deep(n int) int {\n\tvar block [2000]byte\n\tif n == 0 {\n\t\treturn 0\n\t}\n\tblock[n%2000] = 1\n\treturn deep(n-1) + int(block[(n+1)%2000]) + 1\n}\n",
    ),
    {},
  ],
  [
    "private maps of 192 MiB",
    "heap, goroutine, stack, mmap bombs",
    maps("syscall.MAP_PRIVATE"),
    { endsUnderRlimits: ["ok", "memory_limit"] },
  ],
  [
    "shared anonymous maps of 192 MiB",
    "heap, goroutine, stack, mmap bombs",
    maps("syscall.MAP_SHARED"),
    // RLIMIT_DATA does not count them, so they are refused there.
    { endsUnderRlimits: ["ok"], controlUnderRlimits: { without: "system call filter", says: survived } },
  ],
  [
    "192 MiB that are made read-only as soon as they are filled",
    "heap, goroutine, stack, mmap bombs",
    maps("syscall.MAP_PRIVATE", "syscall.Mprotect(piece, syscall.PROT_READ)"),
    { representative: "everywhere" },
  ],
  [
    "192 MiB of read-only maps, filled through /proc/self/mem",
    "heap, goroutine, stack, mmap bombs",
    goCode(
      "os syscall unsafe",
      `	memory, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0)
	if err != nil {
		println("refused:", err.Error())
		return
	}
	data := make([]byte, 1<<20)
	for range 192 {
		piece, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			println("refused:", err.Error())
			return
		}
		if _, err := memory.WriteAt(data, int64(uintptr(unsafe.Pointer(&piece[0])))); err != nil {
			println("refused:", err.Error())
			return
		}
	}
	println("survived")`,
    ),
    {},
  ],
  [
    "192 MiB in TCP connections that nobody reads",
    "heap, goroutine, stack, mmap bombs",
    unread("tcp", "127.0.0.1:0"),
    // Larger buffers are refused there.
    { representative: "everywhere" },
  ],
  ["192 MiB in local sockets that nobody reads", "heap, goroutine, stack, mmap bombs", unread("unix", "/tmp/socket"), {}],
  [
    "memory files of 192 MiB",
    "memfd and tmpfs memory",
    memoryFiles,
    // They would fit into the memory that it has; what stops them is that nobody may make any.
    {
      request: { files: memoryFiles, limits: {} },
      ends: ["ok"],
      says: /refused: operation not permitted/,
      control: { without: "system call filter", says: survived },
    },
  ],
];

/** Many connections, each filled until it takes no more. */
function unread(network: string, address: string) {
  return goCode(
    "net time",
    `	type buffered interface {
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	}
	listener, err := net.Listen("${network}", "${address}")
	if err != nil {
		println("refused:", err.Error())
		return
	}
	piece := make([]byte, 64<<10)
	total := 0
	var kept []net.Conn
	for total < 192<<20 {
		sender, err := net.Dial("${network}", listener.Addr().String())
		if err != nil {
			println("refused:", err.Error())
			break
		}
		receiver, err := listener.Accept()
		if err != nil {
			println("refused:", err.Error())
			break
		}
		kept = append(kept, sender, receiver)
		sender.(buffered).SetWriteBuffer(4 << 20)
		receiver.(buffered).SetReadBuffer(4 << 20)
		for {
			sender.SetWriteDeadline(time.Now().Add(2 * time.Millisecond))
			n, err := sender.Write(piece)
			total += n
			if err != nil {
				break
			}
		}
	}
	time.Sleep(time.Second)
	println("survived with", total>>20, "MiB in", len(kept), "sockets")`,
  );
}

function maps(kind: string, then = "") {
  return goCode(
    "syscall",
    `	for range 12 {
		piece, err := syscall.Mmap(-1, 0, 16<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|${kind})
		if err != nil {
			println("refused:", err.Error())
			return
		}
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = 1
		}
		${then}
	}
	println("survived")`,
  );
}

const threads = goCode(
  "runtime sync",
  `	var ready sync.WaitGroup
	stay := make(chan bool)
	for range 200 {
		ready.Add(1)
		go func() {
			runtime.LockOSThread()
			ready.Done()
			<-stay
		}()
	}
	ready.Wait()
	println("survived")`,
);

const spin = (milliseconds: number) =>
  goCode("time", `\tfor start := time.Now(); time.Since(start) < ${milliseconds}*time.Millisecond; {\n\t}\n\tprintln("survived")`);

export const resources: Attack[] = [
  {
    name: "a loop that does nothing",
    line: "busy loop",
    request: { files: spin(1500), limits: { runTimeoutMs: 300 } },
    ends: ["run_timeout"],
    control: { without: "limit", says: survived },
    representative: "everywhere",
  },
  {
    name: "four loops that use all processors",
    line: "busy loop",
    request: {
      files: goCode(
        "sync time",
        `	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for start := time.Now(); time.Since(start) < 1500*time.Millisecond; {
			}
		}()
	}
	all.Wait()
	println("survived")`,
      ),
      limits: { cpuMs: 300 },
    },
    ends: ["cpu_limit"],
    control: { without: "limit", limits: { cpuMs: 20_000 }, says: survived },
  },
  {
    name: "a sleep",
    line: "sleep, select{}",
    request: { files: goCode("time", '\ttime.Sleep(1500 * time.Millisecond)\n\tprintln("survived")'), limits: { runTimeoutMs: 300 } },
    ends: ["run_timeout"],
    control: { without: "limit", says: survived },
  },
  {
    name: "select{} beside a ticker",
    line: "sleep, select{}",
    request: {
      files: goCode("time", "\ttime.NewTicker(time.Hour)\n\tgo func() { time.Sleep(time.Hour) }()\n\tselect {}"),
      limits: { runTimeoutMs: 300 },
    },
    ends: ["run_timeout"],
  },
  ...memoryBombs.map(
    ([name, line, files, more]): Attack => ({
      name,
      line,
      request: { files, limits: { ...small, diskBytes: 64 * mib } },
      ends: ["memory_limit"],
      hides: survived,
      control: { without: "limit", limits: large, says: survived },
      ...more,
    }),
  ),
  {
    name: "192 MiB in /tmp, which is memory",
    line: "memfd and tmpfs memory",
    request: {
      files: goCode(
        "fmt os",
        `	piece := make([]byte, 1<<20)
	for i := range 12 {
		file, err := os.Create(fmt.Sprint("/tmp/", i))
		for j := 0; j < 16 && err == nil; j++ {
			_, err = file.Write(piece)
		}
		if err != nil {
			fmt.Println("refused:", err)
			return
		}
	}
	fmt.Println("survived")`,
      ),
      limits: { diskBytes: 32 * mib },
    },
    ends: ["ok"],
    says: /refused: .*no space left on device/,
    hides: survived,
    control: { without: "limit", limits: { diskBytes: 256 * mib, memoryBytes: 1024 * mib }, says: survived },
    representative: "everywhere",
  },
  {
    name: "200 threads",
    line: "fork bomb, thread bomb",
    request: { files: threads, limits: { processes: 64 } },
    ends: ["process_limit"],
    // Go's runtime says that it got no thread, which may have had other causes.
    endsUnderRlimits: ["process_limit", "exit_error"],
    hides: survived,
    control: { without: "limit", limits: { processes: 1000 }, says: survived },
    representative: "everywhere",
  },
  {
    name: "six copies of itself",
    line: "fork bomb, thread bomb",
    request: {
      files: goCode(
        "os time",
        `	if len(os.Args) > 1 {
		time.Sleep(300 * time.Millisecond)
		return
	}
	for range 6 {
		if _, err := os.StartProcess("/app/prog", []string{"/app/prog", "copy"}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}}); err != nil {
			println("refused:", err.Error())
			return
		}
	}
	println("survived")`,
      ),
    },
    ends: ["ok"],
    says: /refused: .*operation not permitted/,
    hides: survived,
    control: { without: "system call filter", says: survived },
  },
  {
    name: "a daemon that keeps stdout",
    line: "daemon that holds stdout open",
    request: {
      files: goCode(
        "os time",
        `	if len(os.Args) > 1 {
		time.Sleep(time.Hour)
	}
	println("parent")
	os.StartProcess("/app/prog", []string{"/app/prog", "daemon"}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}})`,
      ),
    },
    ends: ["ok"],
    says: /^parent\n$/m,
    representative: "once",
  },
  {
    name: "1,100 open files",
    line: "open-file exhaustion",
    request: {
      files: goCode(
        "os",
        `	var all []*os.File
	for range 1100 {
		file, err := os.Open("/dev/null")
		if err != nil {
			println("refused:", err.Error())
			return
		}
		all = append(all, file)
	}
	println("survived", len(all))`,
      ),
    },
    ends: ["ok"],
    says: /refused: .*too many open files/,
    hides: survived,
    representative: "everywhere",
  },
];
