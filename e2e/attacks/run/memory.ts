/** Programs that take more memory than they may. Each is bounded: with a larger limit it survives, and says so. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";
import { maps, memoryFiles, unread } from "./memory-programs.js";

const mib = 1024 * 1024;
const survived = /survived/;
const small = { memoryBytes: 64 * mib };
const large = { memoryBytes: 1024 * mib };

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
    // /proc is read-only.
    { ends: ["ok"], says: /refused: .*read-only file system/, control: [] },
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

export const memory: Attack[] = [
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
];
