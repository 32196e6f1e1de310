/** Runs that try to speak with each other, at the same time or one after the other. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";
import { ipc } from "./ipc.js";

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
  ...ipc,
  {
    name: "loopback and abstract sockets",
    line,
    beside: goCode("net time", `\tnet.Listen("tcp", "127.0.0.1:7777")\n\tnet.Listen("unix", "@gorunner-channel")${stays}`),
    request: {
      files: goCode(
        "net",
        '\tfor network, address := range map[string]string{"tcp": "127.0.0.1:7777", "unix": "@gorunner-channel"} {\n\t\tif _, err := net.Dial(network, address); err == nil {\n\t\t\tprintln("heard by", network)\n\t\t}\n\t}\n\tprintln("end")',
      ),
    },
    ends: ["ok"],
    says: /end/,
    hides: /heard/,
    control: { without: "network namespace", says: /(?=[\s\S]*heard by tcp)(?=[\s\S]*heard by unix)/ },
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
    control: { without: "empty root", says: /^\/dev\/shm\/trace$/m, part: "a file" },
    representative: "once",
  },
];
