/** Programs that read, write and hold up what a host has in /proc and on its disks. */
import type { Attack } from "../attack.js";
import { hasPressure } from "../this-host.js";
import { goCode, tries } from "./go-code.js";

/** Every place of a sandbox with files that a program can open. */
const places = '[]string{"/", "/app", "/app/prog", "/supervisor", "/etc/hosts", "/usr/share/zoneinfo/UTC", "/tmp"}';

/** Whether a file lies in a tmpfs, as /proc/self/mountinfo tells (proc_pid_mountinfo(5)): the mount with the longest path counts. */
const isInMemory = `
func isInMemory(mounts, path string) bool {
	longest, kind := -1, ""
	for line := range strings.Lines(mounts) {
		mount, file, _ := strings.Cut(line, " - ")
		at := strings.Fields(mount)[4]
		if len(at) > longest && (at == path || strings.HasPrefix(path, strings.TrimSuffix(at, "/")+"/")) {
			longest, kind = len(at), strings.Fields(file)[0]
		}
	}
	return kind == "tmpfs"
}
`;

export const hostFiles: Attack[] = [
  {
    name: "triggers on the pressure that the host is under",
    line: "files of /proc that are the host's",
    request: {
      files: goCode(
        "errors fmt syscall",
        `	for _, name := range []string{"cpu", "memory", "io"} {
		file, err := syscall.Open("/proc/pressure/"+name, syscall.O_RDWR|syscall.O_NONBLOCK, 0)
		if err == nil {
			_, err = syscall.Write(file, []byte("some 150000 2000000\\x00"))
		}
		try("a trigger on "+name, err)
	}`,
        tries,
      ),
    },
    ends: ["ok"],
    hides: /: done/,
    control: { without: "processes alone in /proc", where: hasPressure, says: /a trigger on memory: done/ },
    representative: "everywhere",
  },
  {
    name: "files of /proc that tell of the host, or hold it up when they are read",
    line: "files of /proc that are the host's",
    request: {
      files: goCode(
        "errors fmt os regexp syscall",
        `	entries, err := os.ReadDir("/proc")
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		if !regexp.MustCompile("^([0-9]+|self|thread-self)$").MatchString(entry.Name()) {
			try("/proc/"+entry.Name(), nil)
		}
	}
	for _, name := range []string{"fs", "cmdline", "kallsyms", "bus/pci", "keys", "meminfo", "stat", "sys/kernel/random/boot_id"} {
		_, err := os.Stat("/proc/" + name)
		try("/proc/"+name, err)
	}`,
        tries,
      ),
    },
    ends: ["ok"],
    hides: /: done/,
    control: { without: "processes alone in /proc", says: /^\/proc\/fs: done$[\s\S]*^\/proc\/cmdline: done$[\s\S]*^\/proc\/keys: done$/m },
    representative: "everywhere",
  },
  {
    name: "paths of the server in the table of mounts",
    line: "files of /proc that are the host's",
    request: {
      files: goCode(
        "fmt os strings",
        `	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\\n") {
		fields := strings.Fields(line)
		// Its root in its file system, where it is mounted, its kind.
		fmt.Println(fields[3], fields[4], strings.Fields(line[strings.Index(line, " - "):])[1])
	}`,
      ),
    },
    ends: ["ok"],
    prints: `/newroot / tmpfs
/ /dev tmpfs
${["null", "zero", "full", "random", "urandom"].map((name) => `/${name} /dev/${name} devtmpfs\n`).join("")}/ /tmp tmpfs
/supervisor /supervisor tmpfs
/etc /etc tmpfs
/zoneinfo /usr/share/zoneinfo tmpfs
/ /app tmpfs
/ /proc proc
`,
    control: { without: "files in memory", says: /^\S*\/etc\S* \/etc (?!tmpfs)/m },
    representative: "everywhere",
  },
  {
    name: "O_DIRECT and fsync on everything that can be opened",
    line: "the disk of the host, from a sandbox without one",
    request: {
      files: goCode(
        "errors fmt os strings syscall",
        `	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for _, path := range ${places} {
		file, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_DIRECT, 0)
		if err == nil {
			err = syscall.Fsync(file)
		}
		if isInMemory(string(mounts), path) {
			fmt.Println(path, "in memory")
		} else {
			try(path+" on a disk", err)
		}
	}
	for _, call := range []uintptr{syscall.SYS_SYNC, syscall.SYS_SYNC_FILE_RANGE} {
		_, _, errno := syscall.RawSyscall(call, 0, 0, 0)
		if errno != syscall.EPERM {
			try(fmt.Sprint("system call ", call), nil)
		}
	}`,
        `${tries}${isInMemory}`,
      ),
    },
    ends: ["ok"],
    says: /^(\S+ in memory\n){7}$/,
    hides: /: done/,
    control: { without: "files in memory", says: /\/etc\/hosts on a disk: done/ },
    representative: "everywhere",
  },
];
