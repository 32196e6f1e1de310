/** Runs that try to speak with each other, at the same time or one after the other. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

const line = "flock, SysV shm, mqueue as channels between runs";
/** Stays until it is ended, having said that it has begun. */
const stays = '\n\tprintln("here")\n\ttime.Sleep(4 * time.Second)';

/** Every file that all runs share. */
const shared = '[]string{"/etc/hosts", "/etc/passwd", "/supervisor", "/app/prog", "/dev/null", "/usr/share/zoneinfo/UTC"}';
const withShared = (body: string) => `	for _, path := range ${shared} {
		fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
		if err != nil {
			continue
		}
${body}
	}`;

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
	var message [8192]byte
	path := []byte("gorunner\\x00")
	name := uintptr(unsafe.Pointer(&path[0]))
	syscall.Umask(0)
	queue, _, errno := syscall.RawSyscall6(number[0], name, ${flags}, 0o666, 0, 0, 0)`;

export const channels: Attack[] = [
  {
    name: "flock on files that all runs share",
    line,
    beside: goCode("syscall time", withShared("\t\tsyscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)") + stays),
    request: {
      files: goCode(
        "fmt syscall",
        `${withShared('\t\tif syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) == syscall.EWOULDBLOCK {\n\t\t\tfmt.Println("heard by", path)\n\t\t}')}\n\tfmt.Println("end")`,
      ),
    },
    ends: ["ok"],
    prints: "end\n",
    control: { without: "system call filter", says: /heard by/ },
    representative: "everywhere",
  },
  {
    name: "record locks on files that all runs share",
    line,
    beside: goCode(
      "syscall time",
      withShared(
        "\t\tsyscall.FcntlFlock(uintptr(fd), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_RDLCK})\n\t\tsyscall.FcntlFlock(uintptr(fd), 37, &syscall.Flock_t{Type: syscall.F_RDLCK})",
      ) + stays,
    ),
    request: {
      files: goCode(
        "fmt syscall",
        `${withShared('\t\tfor _, command := range []int{syscall.F_GETLK, 36} {\n\t\t\tlock := syscall.Flock_t{Type: syscall.F_WRLCK}\n\t\t\tif syscall.FcntlFlock(uintptr(fd), command, &lock) == nil && lock.Type != syscall.F_UNLCK {\n\t\t\t\tfmt.Println("heard by", path)\n\t\t\t}\n\t\t}')}\n\tfmt.Println("end")`,
      ),
    },
    ends: ["ok"],
    prints: "end\n",
    control: { without: "system call filter", says: /heard by/ },
  },
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
      ),
    },
    ends: ["ok"],
    says: /end/,
    hides: /heard/,
    control: { without: ["ipc namespace", "system call filter"], says: /answered/ },
  },
  {
    name: "loopback and abstract sockets",
    line,
    beside: goCode("net time", `\tnet.Listen("tcp", "127.0.0.1:7777")\n\tnet.Listen("unix", "@gorunner-channel")${stays}`),
    request: {
      files: goCode(
        "net",
        '\tfor network, address := range map[string]string{"tcp": "127.0.0.1:7777", "unix": "@gorunner-channel"} {\n\t\tif _, err := net.Dial(network, address); err == nil {\n\t\t\tprintln("heard")\n\t\t}\n\t}\n\tprintln("end")',
      ),
    },
    ends: ["ok"],
    says: /end/,
    hides: /heard/,
    control: { without: "network namespace", says: /heard/ },
    representative: "once",
  },
  {
    name: "files, sockets and shared memory that the run before has made",
    line: "anything left by the run before",
    after: goCode(
      "net os runtime syscall",
      `	for _, path := range []string{"/tmp/trace", "/tmp/.hidden", "/dev/shm/trace", "/app/trace"} {
		os.WriteFile(path, []byte("here"), 0o666)
	}
	net.Listen("unix", "@gorunner-trace")
	syscall.RawSyscall(map[string]uintptr{"amd64": 29, "arm64": 194}[runtime.GOARCH], 0x60bb1e, 4096, 0o1666)`,
    ),
    request: {
      files: goCode(
        "net os path/filepath runtime syscall",
        `	for _, folder := range []string{"/tmp", "/dev/shm", "/app"} {
		filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
			println(path)
			return err
		})
	}
	if _, err := net.Dial("unix", "@gorunner-trace"); err == nil {
		println("a socket")
	}
	if _, _, errno := syscall.RawSyscall(map[string]uintptr{"amd64": 29, "arm64": 194}[runtime.GOARCH], 0x60bb1e, 4096, 0o666); errno == 0 {
		println("shared memory")
	}`,
      ),
    },
    ends: ["ok"],
    says: /^\/tmp\n\/tmp\/prog\.go\n\/dev\/shm\n\/app\n\/app\/prog\n$/,
    control: { without: "empty root", says: /^\/dev\/shm\/trace$/m },
    representative: "once",
  },
];
