/** Runs that speak with each other by what lives in an ipc namespace. Each removes what it makes: nobody else would. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

const line = "flock, SysV shm, mqueue as channels between runs";

/** A word that both can read and write. Whoever made it removes it when the other has answered: it would outlive them all. */
const sharedMemory = (flags: string) => `	number := map[string][3]uintptr{"amd64": {29, 30, 31}, "arm64": {194, 196, 195}}[runtime.GOARCH]
	id, _, errno := syscall.RawSyscall(number[0], 0x60bb1e, 4096, ${flags})
	var word *atomic.Int32
	if errno == 0 {
		var at uintptr
		if at, _, errno = syscall.RawSyscall(number[1], id, 0, 0); errno == 0 {
			word = (*atomic.Int32)(unsafe.Pointer(at))
		}
	}`;

/** A queue that both can open, and the numbers for opening, removing, sending and receiving. It is removed as the word is. */
const queue = (
  flags: string,
) => `	number := map[string][4]uintptr{"amd64": {240, 241, 242, 243}, "arm64": {180, 181, 182, 183}}[runtime.GOARCH]
	name := uintptr(unsafe.Pointer(&path[0]))
	syscall.Umask(0)
	queue, _, errno := syscall.RawSyscall6(number[0], name, ${flags}, 0o666, 0, 0, 0)`;

/** What the kernel is given by address, and that must therefore stay where it is. */
const fixed = '\nvar message [8192]byte\n\nvar path = []byte("gorunner\\x00")\n';

export const ipc: Attack[] = [
  {
    name: "shared memory of System V",
    line,
    beside: goCode(
      "runtime sync/atomic syscall time unsafe",
      `${sharedMemory("0o1666")}
	println("here")
	if errno == 0 {
		for range 3000 {
			if word.Load() == 1 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		syscall.RawSyscall(number[2], id, 0, 0)
		word.Store(2)
	}
	time.Sleep(4 * time.Second)`,
    ),
    request: {
      files: goCode(
        "runtime sync/atomic syscall time unsafe",
        `${sharedMemory("0o666")}
	if errno == 0 {
		println("heard")
		word.Store(1)
		for range 3000 {
			if word.Load() == 2 {
				println("answered")
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	println("end")`,
      ),
    },
    ends: ["ok"],
    says: /end/,
    hides: /heard/,
    control: { without: ["ipc namespace", "system call filter"], says: /answered/ },
  },
  {
    name: "a message queue of POSIX",
    line,
    beside: goCode(
      "runtime syscall time unsafe",
      `${queue("syscall.O_CREAT|syscall.O_RDWR")}
	println("here")
	if errno == 0 {
		until := syscall.Timespec{Sec: time.Now().Unix() + 3}
		syscall.Syscall6(number[3], queue, uintptr(unsafe.Pointer(&message[0])), 8192, 0, uintptr(unsafe.Pointer(&until)), 0)
		syscall.RawSyscall(number[1], name, 0, 0)
	}
	time.Sleep(4 * time.Second)`,
      fixed,
    ),
    request: {
      files: goCode(
        "runtime syscall time unsafe",
        `${queue("syscall.O_RDWR")}
	if errno == 0 {
		println("heard")
		syscall.Syscall6(number[2], queue, uintptr(unsafe.Pointer(&message[0])), 1, 0, 0, 0)
		for range 3000 {
			if _, _, errno := syscall.RawSyscall6(number[0], name, syscall.O_RDWR, 0, 0, 0, 0); errno != 0 {
				println("answered")
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	println("end")`,
        fixed,
      ),
    },
    ends: ["ok"],
    says: /end/,
    hides: /heard/,
    control: { without: ["ipc namespace", "system call filter"], says: /answered/ },
  },
];
