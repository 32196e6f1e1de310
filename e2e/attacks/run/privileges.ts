/** Programs that try to become more than they are. */
import type { Attack } from "../attack.js";
import { leavesRights } from "../this-host.js";
import { goCode, tries } from "./go-code.js";

const gained = /: done/;

export const privileges: Attack[] = [
  {
    name: "setuid bits, and other users",
    line: "suid, mknod",
    request: {
      files: goCode(
        "errors fmt os syscall",
        `	data, err := os.ReadFile("/app/prog")
	if err != nil {
		// It may not be read; this starts it too.
		data = []byte("#!/app/prog\\n")
	}
	if len(os.Args) == 1 {
		os.WriteFile("/tmp/prog", data, 0o755)
	}
	syscall.Chmod("/tmp/prog", 0o6755)
	try("another owner", os.Chown("/tmp/prog", 0, 0))
	_, _, errno := syscall.RawSyscall(syscall.SYS_SETUID, 0, 0, 0)
	if errno != 0 {
		try("setuid", errno)
	} else {
		try("setuid", nil)
	}
	if len(os.Args) == 1 {
		syscall.Exec("/tmp/prog", []string{"prog", "again"}, nil)
	}
	fmt.Println("as", os.Getuid(), os.Geteuid(), os.Getgid(), os.Getegid())`,
        tries,
      ),
    },
    ends: ["ok"],
    says: /^as 65534 65534 65534 65534$/m,
    hides: gained,
    control: [
      { without: "user nobody", says: /^another owner: done$[\s\S]*^as 0 0 0 0$/m, part: "the other owner" },
      { without: ["user nobody", "system call filter"], says: /^setuid: done$/m, part: "setuid" },
    ],
  },
  {
    name: "devices and mounts",
    line: "suid, mknod",
    request: {
      files: goCode(
        "errors fmt runtime syscall",
        `	runtime.LockOSThread()
	try("memory", syscall.Mknod("/tmp/mem", syscall.S_IFCHR|0o666, 1<<8|1))
	try("a disk", syscall.Mknod("/tmp/disk", syscall.S_IFBLK|0o666, 8<<8))
	try("a namespace", syscall.Unshare(syscall.CLONE_NEWNS))
	try("mount", syscall.Mount("tmpfs", "/tmp", "tmpfs", 0, ""))
	try("bind", syscall.Mount("/", "/tmp", "", syscall.MS_BIND|syscall.MS_REC, ""))
	try("unmount", syscall.Unmount("/tmp", syscall.MNT_DETACH))
	try("remount", syscall.Mount("", "/", "", syscall.MS_REMOUNT|syscall.MS_BIND, ""))`,
        tries,
      ),
    },
    ends: ["ok"],
    hides: gained,
    control: {
      without: ["system call filter", "dropping of capabilities"],
      where: leavesRights,
      says: /^a namespace: done\nmount: done\nbind: done\nunmount: done$/m,
      part: "all but the devices and the remount",
    },
    representative: "once",
  },
  {
    name: "pseudo terminals, of which a host has so many",
    line: "TIOCSTI",
    request: {
      files: goCode(
        "errors fmt os syscall",
        `	for _, name := range []string{"/dev/ptmx", "/dev/pts/ptmx"} {
		_, err := os.OpenFile(name, os.O_RDWR, 0)
		try(name, err)
	}`,
        tries,
      ),
    },
    ends: ["ok"],
    hides: gained,
    control: { without: "choice of devices", says: /ptmx: done\n.*ptmx: done/ },
  },
  {
    name: "larger limits, a better schedule, and never being killed",
    line: "rlimit raise, SCHED_FIFO, oom_score_adj",
    request: {
      files: goCode(
        "errors fmt os syscall unsafe",
        `	for name, resource := range map[string]int{"file size": syscall.RLIMIT_FSIZE, "core": syscall.RLIMIT_CORE, "files": syscall.RLIMIT_NOFILE, "processes": 6} {
		var limit syscall.Rlimit
		syscall.Getrlimit(resource, &limit)
		limit.Max++
		limit.Cur = limit.Max
		try(name, syscall.Setrlimit(resource, &limit))
	}
	priority := int32(1)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, 0, 1, uintptr(unsafe.Pointer(&priority))); errno != 0 {
		try("real time", errno)
	} else {
		try("real time", nil)
	}
	try("nice", syscall.Setpriority(syscall.PRIO_PROCESS, 0, -5))
	try("memory", os.WriteFile("/proc/self/oom_score_adj", []byte("-1000"), 0))`,
        tries,
      ),
    },
    ends: ["ok"],
    hides: gained,
    representative: "everywhere",
  },
];
