/** System calls that a program has, with arguments that give it more than its limits count. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

const survived = /survived/;

export const argumentsOfCalls: Attack[] = [
  {
    name: "20,000 open files in tables of their own",
    line: "open-file exhaustion",
    request: {
      files: goCode(
        "runtime sync sync/atomic syscall",
        `	var all sync.WaitGroup
	var opened atomic.Int32
	for range 20 {
		all.Add(1)
		go func() {
			defer all.Done()
			runtime.LockOSThread()
			// CLOSE_RANGE_UNSHARE
			if _, _, errno := syscall.RawSyscall(436, 3, 1<<31, 2); errno != 0 {
				println("refused:", errno.Error())
				return
			}
			for range 1000 {
				if _, err := syscall.Open("/dev/null", syscall.O_RDONLY, 0); err == nil {
					opened.Add(1)
				}
			}
		}()
	}
	all.Wait()
	if opened.Load() > 2000 {
		println("survived", opened.Load())
	}`,
      ),
    },
    ends: ["ok"],
    says: /^(refused: operation not permitted\n){20}$/,
    control: { without: "system call filter", says: survived },
    representative: "once",
  },
  {
    // A map keeps its file open when the descriptor is closed; only a control group counts it.
    name: "20,000 open files of maps, without a descriptor",
    line: "open-file exhaustion",
    request: {
      files: goCode(
        "os syscall",
        `	os.WriteFile("/tmp/mapped", make([]byte, 4096), 0o600)
	for range 20_000 {
		fd, err := syscall.Open("/tmp/mapped", syscall.O_RDONLY, 0)
		if err != nil {
			panic(err)
		}
		_, err = syscall.Mmap(fd, 0, 4096, syscall.PROT_READ, syscall.MAP_PRIVATE)
		if err != nil {
			println("refused:", err.Error())
			return
		}
		syscall.Close(fd)
	}
	println("survived")
	os.Exit(1)`,
      ),
    },
    // A control group counts them as memory, for which these are few enough.
    ends: ["exit_error"],
    endsUnderRlimits: ["ok"],
    controlUnderRlimits: { without: "system call filter", says: survived },
  },
  {
    name: "futexes in files that runs share",
    line: "flock, SysV shm, mqueue as channels between runs",
    request: {
      files: goCode(
        "syscall unsafe",
        `	fd, err := syscall.Open("/supervisor", syscall.O_RDONLY, 0)
	if err != nil {
		panic(err)
	}
	file, err := syscall.Mmap(fd, 0, 4096, syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err == syscall.EPERM {
		// Where only rlimits count, no file can be mapped.
		file, err = syscall.Mmap(-1, 0, 4096, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	}
	if err != nil {
		panic(err)
	}
	word := uintptr(unsafe.Pointer(&file[0]))
	patience := syscall.Timespec{Nsec: 1}
	// FUTEX_WAIT, FUTEX_WAKE and FUTEX_REQUEUE, none of them private.
	for _, op := range []uintptr{0, 1, 3} {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_FUTEX, word, op, 0, uintptr(unsafe.Pointer(&patience)), word, 0)
		if errno != syscall.EPERM {
			println("was let through:", op)
		}
	}
	println("end")`,
      ),
    },
    ends: ["ok"],
    says: /^end\n$/,
    control: { without: "system call filter", says: /^was let through: 0\nwas let through: 1\nwas let through: 3\nend$/m },
  },
  {
    name: "huge pages",
    line: "heap, goroutine, stack, mmap bombs",
    request: {
      files: goCode(
        "syscall",
        `	const hugeTLB = 0x40000
	for _, size := range []int{0, 21 << 26} {
		// Without a reservation, so that the kernel looks for pages when they are used.
		_, err := syscall.Mmap(-1, 0, 2<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE|hugeTLB|size)
		if err == nil {
			println("survived")
		} else {
			println("refused:", err.Error())
		}
	}`,
      ),
    },
    ends: ["ok"],
    says: /^(refused: operation not permitted\n){2}$/,
    control: { without: "system call filter", says: survived },
  },
  {
    name: "300,000 watches of epoll",
    line: "heap, goroutine, stack, mmap bombs",
    request: {
      // Each file is watched by every descriptor that it has had.
      files: goCode(
        "syscall",
        `	watches := 0
	var pipes [100][2]int
	for i := range pipes {
		syscall.Pipe2(pipes[i][:], 0)
	}
	for range 4 {
		epoll, _ := syscall.EpollCreate1(0)
		for _, pipe := range pipes {
			for fd := 250; fd < 1000; fd++ {
				err := syscall.Dup3(pipe[0], fd, 0)
				if err == nil {
					err = syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN})
				}
				if err != nil {
					println("refused:", err.Error())
					return
				}
				watches++
			}
		}
	}
	println("survived", watches)`,
      ),
      limits: { memoryBytes: 40 * 1024 * 1024 },
    },
    ends: ["memory_limit"],
    endsUnderRlimits: ["ok"],
    hides: survived,
    control: { without: "limit", limits: { memoryBytes: 1024 * 1024 * 1024 }, says: survived },
    controlUnderRlimits: { without: "system call filter", says: survived },
  },
  {
    name: "20,000 timers",
    line: "heap, goroutine, stack, mmap bombs",
    request: {
      files: goCode(
        "syscall unsafe",
        `	event := [16]int32{2: int32(syscall.SIGCONT)}
	for range 20_000 {
		var timer int32
		if _, _, errno := syscall.RawSyscall(syscall.SYS_TIMER_CREATE, 1, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&timer))); errno != 0 {
			println("refused:", errno.Error())
			return
		}
	}
	println("survived")`,
      ),
    },
    ends: ["ok"],
    says: /refused: resource temporarily unavailable/,
    hides: survived,
    control: { without: "limit of pending signals", says: survived },
  },
];
