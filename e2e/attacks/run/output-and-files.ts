/** Programs that write too much, or what looks like something else. */
import type { Attack } from "../attack.js";
import { allowsCoreDumps, allowsOpenFiles } from "../this-host.js";
import { goCode, tries } from "./go-code.js";

const mib = 1024 * 1024;
const flood = (stream: string, piece: string) =>
  goCode(
    "os strings",
    `\tpiece := []byte(strings.Repeat(${piece}))\n\tfor range 32 {\n\t\tos.${stream}.Write(piece)\n\t}\n\tos.${stream}.WriteString("survived")`,
  );
const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);

const flooding = (name: string, files: Attack["request"]["files"], more: Partial<Attack> = {}): Attack => ({
  name,
  line: "stdout flood, stderr flood, one endless line",
  request: { files, limits: { outputBytes: 64 * 1024 } },
  ends: ["output_limit"],
  hides: /survived/,
  control: { without: "limit", limits: { outputBytes: 4 * mib }, says: /survived/ },
  ...more,
});

export const outputAndFiles: Attack[] = [
  flooding("2 MiB of lines to stdout", flood("Stdout", '"line\\n", 1<<16/5'), { representative: "everywhere" }),
  flooding("2 MiB of lines to stderr", flood("Stderr", '"line\\n", 1<<16/5')),
  flooding("2 MiB of one line", flood("Stdout", '"x", 1<<16')),
  {
    name: "every byte there is",
    line: "invalid UTF-8 and NUL",
    request: { files: goCode("os", "\tvar all [256]byte\n\tfor i := range all {\n\t\tall[i] = byte(i)\n\t}\n\tos.Stdout.Write(all[:])") },
    ends: ["ok"],
    prints: everyByte,
    representative: "once",
  },
  {
    name: "a file of 1 TiB, sparse",
    line: "huge, sparse, million-inode files",
    request: {
      files: goCode(
        "errors fmt os os/signal syscall",
        `	signal.Ignore(syscall.SIGXFSZ)
	file, err := os.Create("/tmp/huge")
	try("make", err)
	try("grow", file.Truncate(1<<40))
	_, err = file.WriteAt([]byte("x"), 1<<40)
	try("write", err)`,
        tries,
      ),
    },
    ends: ["ok"],
    prints: "make: done\ngrow: file too large\nwrite: file too large\n",
    control: { without: "limit of file sizes", says: /^grow: done\nwrite: done$/m },
  },
  {
    name: "200,000 empty files",
    line: "huge, sparse, million-inode files",
    request: {
      files: goCode(
        "fmt os syscall",
        `	for i := range 200_000 {
		fd, err := syscall.Open(fmt.Sprint("/tmp/", i), syscall.O_CREAT|syscall.O_WRONLY, 0o600)
		if err != nil {
			fmt.Println("refused:", err)
			os.Exit(0)
		}
		syscall.Close(fd)
	}
	fmt.Println("survived")`,
      ),
      limits: { memoryBytes: 64 * mib },
    },
    ends: ["memory_limit"],
    hides: /survived/,
    control: { without: "limit", limits: { memoryBytes: 1024 * mib }, says: /survived/ },
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
    hides: /survived/,
    control: { without: "limit of open files", where: allowsOpenFiles(1200), says: /survived/ },
    representative: "everywhere",
  },
  {
    name: "a core dump",
    line: "core dumps",
    request: {
      files: goCode(
        "os runtime/debug syscall",
        `	var limit syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_CORE, &limit)
	// It is root's, and closed to the program, where the program is not dumpable: see proc(5).
	_, err := os.ReadFile("/proc/self/environ")
	println("may dump", limit.Cur, limit.Max, "is dumpable", err == nil)
	os.Chdir("/tmp")
	debug.SetTraceback("crash")
	panic("crash")`,
      ),
    },
    ends: ["killed"],
    signal: "SIGABRT",
    // A handler of core dumps is started for a limit of 0, and not for 1.
    says: /may dump 1 1 is dumpable false/,
    control: { without: "limit of core dumps", where: allowsCoreDumps, says: /may dump \d+ ([2-9]|\d\d+) / },
    representative: "once",
  },
  {
    name: "words of the supervisor, of bubblewrap and of ours",
    line: "forged status markers in output",
    request: {
      files: goCode(
        "os",
        `	for _, words := range []string{"x\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02{}", "{\\"exit-code\\": 0}\\n", "\\x00\\x00PB\\x00", "timed out after 5s\\n", "exit status 0\\n"} {
		os.Stdout.WriteString(words)
	}
	for fd := 3; fd < 10; fd++ {
		os.NewFile(uintptr(fd), "").WriteString("x\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02{}")
	}
	os.Exit(3)`,
      ),
    },
    ends: ["exit_error"],
    prints: 'x\0\0\0\0\0\0\0\0\0\0\0\x02{}{"exit-code": 0}\n\0\0PB\0timed out after 5s\nexit status 0\n',
    control: { without: "closing of descriptors", says: /reading what the launcher reports/ },
    representative: "once",
  },
];
