/** Programs that look for what is not theirs, and try to change what others see. */
import type { Attack } from "../attack.js";
import { serverIsNoRoot } from "../this-host.js";
import { goCode, tries } from "./go-code.js";

const reads = (...paths: string[]) => `	for _, path := range []string{${paths.map((path) => `"${path}"`).join(", ")}} {
		_, err := os.ReadFile(path)
		try(path, err)
	}`;
const writes = (...paths: string[]) => `	for _, path := range []string{${paths.map((path) => `"${path}"`).join(", ")}} {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			_, err = file.WriteString("1")
		}
		try(path, err)
	}`;

/** Nothing at all was possible. */
const nothing = /: done/;

export const secrets: Attack[] = [
  {
    name: "what the first process was started with, and where it looks",
    line: "/proc/1/environ, /proc/*/root, writes to /proc/self/exe",
    request: {
      files: goCode(
        "errors fmt os syscall",
        `${reads("/proc/1/environ", "/proc/1/maps", "/proc/1/root/etc/passwd")}
	_, err := os.Readlink("/proc/1/fd/3")
	try("/proc/1/fd/3", err)`,
        tries,
      ),
    },
    ends: ["ok"],
    hides: nothing,
    control: { without: "hiding of the supervisor", says: /environ: done\n.*maps: done\n.*passwd: done\n.*3: done/ },
    representative: "everywhere",
  },
  {
    name: "writes to its own binary and to the supervisor",
    line: "/proc/1/environ, /proc/*/root, writes to /proc/self/exe",
    request: {
      files: goCode(
        "errors fmt os syscall",
        `${writes("/proc/self/exe", "/app/prog", "/supervisor", "/proc/1/exe")}
	for _, path := range []string{"/x", "/app/x", "/etc/x", "/dev/x", "/usr/x", "/proc/x"} {
		err := os.WriteFile(path, nil, 0o600)
		try("make "+path, err)
		if err == nil {
			// It may be the host's folder.
			os.Remove(path)
		}
	}
	try("rename", os.Rename("/app/prog", "/app/other"))
	err := os.Remove("/app/other")
	if err != nil {
		err = os.Remove("/app/prog")
	}
	try("remove", err)`,
        tries,
      ),
    },
    ends: ["ok"],
    hides: nothing,
    control: [
      {
        without: "read-only root",
        says: /make \/x: done\n[\s\S]*make \/dev\/x: done\nmake \/usr\/x: done/,
        part: "files in /, /dev and /usr",
      },
      {
        without: "read-only mounts",
        where: serverIsNoRoot,
        says: /make \/app\/x: done\n[\s\S]*rename: done\nremove: done/,
        part: "files in /app, renaming, removal",
      },
    ],
    representative: "everywhere",
  },
  {
    name: "files of the host",
    line: "/proc/1/environ, /proc/*/root, writes to /proc/self/exe",
    request: {
      files: goCode(
        "errors fmt os syscall",
        `	for _, path := range append(os.Args[1:], "/etc/shadow", "/root", "/home", "/var", "/run", "/proc/self/root/var", "/proc/self/cwd/../var", "/proc/kcore", "/dev/sda", "/dev/mem", "/dev/kmsg") {
		_, err := os.Stat(path)
		if err == nil {
			_, err = os.Open(path)
		}
		try(path, err)
	}`,
        tries,
      ),
    },
    argsOf: ({ file }) => [file],
    ends: ["ok"],
    hides: nothing,
    control: { without: "empty root", says: /\/secret: done/, part: "a file with a path of its own" },
  },
  {
    name: "writes to /proc/sys, /sys and control groups",
    line: "/proc/sys, /sys, cgroupfs writes",
    request: {
      files: goCode(
        "errors fmt os syscall",
        writes(
          "/proc/sys/kernel/core_pattern",
          "/proc/sys/kernel/hostname",
          "/proc/sys/vm/overcommit_memory",
          "/proc/sys/net/ipv4/ip_forward",
          "/proc/sysrq-trigger",
          "/proc/self/uid_map",
          "/proc/self/gid_map",
          "/proc/self/setgroups",
          "/sys/kernel/mm/ksm/run",
          "/sys/fs/cgroup/cgroup.procs",
          "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ),
        tries,
      ),
    },
    ends: ["ok"],
    hides: nothing,
    control: { without: "empty root", says: /\/cgroup\.procs: done/, part: "a stand-in for cgroup.procs" },
    representative: "once",
  },
  {
    name: "all variables",
    line: "env dump",
    request: {
      files: goCode(
        "fmt os sort",
        `	// The mark of the harness was asked for, as by any request with variables.
	os.Unsetenv("APP_ATTACK")
	all := os.Environ()
	sort.Strings(all)
	for _, each := range all {
		fmt.Println(each)
	}`,
      ),
    },
    ends: ["ok"],
    prints: "HOME=/tmp\nLANG=C.UTF-8\nPATH=/app\nTMPDIR=/tmp\n",
    representative: "everywhere",
  },
  {
    name: "descriptors above 2",
    line: "inherited descriptors",
    request: {
      files: goCode(
        "fmt os strings",
        `	for fd := 3; fd < 4096; fd++ {
		link, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		// What Go's runtime opens for itself.
		if err == nil && !strings.HasPrefix(link, "anon_inode:[event") {
			fmt.Println(fd, link)
		}
	}`,
      ),
    },
    ends: ["ok"],
    prints: "",
    control: { without: "closing of descriptors", says: /^9 .*\/secret$/m },
    representative: "once",
  },
];
