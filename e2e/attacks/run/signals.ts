/** Programs that signal the supervisor, which is pid 1 of their sandbox. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

export const signals: Attack[] = [
  {
    name: "real-time signals to pid 1 while it handles others",
    line: "kill(-1), kill parent",
    request: {
      files: goCode(
        "os runtime syscall time unsafe",
        `	println("begins")
	// What the supervisor has not passed on when it is ended is lost.
	time.Sleep(200 * time.Millisecond)
	directory, _ := syscall.Open("/proc/1", syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	pidfd, _, _ := syscall.RawSyscall(434, 1, 0, 0)
	tkill := map[string]uintptr{"amd64": 200, "arm64": 130}[runtime.GOARCH]
	queue := map[string]uintptr{"amd64": 129, "arm64": 138}[runtime.GOARCH]
	info := [16]uint64{1: 0xffff_ffff}
	address := uintptr(unsafe.Pointer(&info))
	for _, signal := range []uintptr{1, 2, 15, 32, 33, 34} {
		go func() {
			for begun := time.Now(); time.Since(begun) < time.Second; {
				syscall.RawSyscall(syscall.SYS_KILL, 1, signal, 0)
				syscall.RawSyscall(syscall.SYS_TGKILL, 1, 1, signal)
				syscall.RawSyscall(tkill, 1, signal, 0)
				syscall.RawSyscall(queue, 1, signal, address)
				syscall.RawSyscall6(424, uintptr(directory), signal, 0, 0, 0, 0)
				syscall.RawSyscall6(424, pidfd, signal, 0, 0, 0, 0)
				runtime.Gosched()
			}
		}()
	}
	time.Sleep(1200 * time.Millisecond)
	println("ends", os.Getppid())`,
      ),
    },
    ends: ["ok"],
    says: /^begins\nends 1\n$/,
    // The supervisor has gone, and the program with it.
    control: { without: "system call filter", says: /^begins\n$|the sandbox broke/ },
    representative: "everywhere",
  },
  {
    // kill(2) takes the number of any thread for its process.
    name: "real-time signals to pid 1 by the numbers of its threads",
    line: "kill(-1), kill parent",
    request: {
      files: goCode(
        "os runtime strconv syscall time",
        `	println("begins")
	// What the supervisor has not passed on when it is ended is lost.
	time.Sleep(200 * time.Millisecond)
	threads, err := os.ReadDir("/proc/1/task")
	if err != nil {
		panic(err)
	}
	for _, signal := range []syscall.Signal{1, 2, 15, 32, 33, 34} {
		go func() {
			for begun := time.Now(); time.Since(begun) < time.Second; {
				for _, thread := range threads {
					id, _ := strconv.Atoi(thread.Name())
					syscall.Kill(id, signal)
					for _, group := range []uintptr{1, uintptr(id)} {
						syscall.RawSyscall(syscall.SYS_TGKILL, group, uintptr(id), uintptr(signal))
					}
				}
				runtime.Gosched()
			}
		}()
	}
	time.Sleep(1200 * time.Millisecond)
	println("ends", os.Getppid(), len(threads) > 1)`,
      ),
    },
    ends: ["ok"],
    says: /^begins\nends 1 true\n$/,
    control: { without: "system call filter", says: /^begins\n$|the sandbox broke/ },
    representative: "once",
  },
  {
    name: "signals to the program's group and to all processes",
    line: "kill(-1), kill parent",
    request: {
      files: goCode(
        "fmt syscall",
        `	for _, pid := range []int{0, -1, -syscall.Getppid(), -2, 1} {
		fmt.Println(pid, syscall.Kill(pid, 0))
	}`,
      ),
    },
    ends: ["ok"],
    prints: [0, -1, -1, -2, 1].map((pid) => `${pid} operation not permitted\n`).join(""),
    control: { without: "system call filter", says: /^0 <nil>$[\s\S]*^1 <nil>$/m },
  },
];
