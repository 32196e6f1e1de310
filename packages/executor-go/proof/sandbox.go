// What a server has built and run in its sandbox before it takes anybody's program: it tries what programs must not be
// able to, and says what it could. Its arguments are NAME=VALUE pairs that describe the server; or `memory` or `threads`,
// which it uses up then. It imports no more than what a server has compiled at its first start.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is what the server tells of itself, to be looked for.
type server struct {
	// File is one that everybody may read who can see it.
	File string
	// Port is where it listens on 127.0.0.1, and Socket the name of an abstract socket on which it does too.
	Port, Socket string
	// Variable is the name of a variable of its environment.
	Variable string
	// Namespaces are its own, as /proc/self/ns names them.
	Namespaces []string
	// Walls is whether there are any; else the program may only not be root.
	Walls bool
}

func main() {
	if len(os.Args) == 2 {
		useUp(os.Args[1])
		return
	}
	host := described(os.Args[1:])
	breach("is root", os.Getuid() == 0 || os.Getgid() == 0)
	if host.Walls {
		host.tryFiles()
		tryMounts()
		host.tryNetwork()
		host.tryEnvironment()
		host.tryPrivileges()
	}
	fmt.Println("tried all")
}

func described(pairs []string) (host server) {
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "file":
			host.File = value
		case "port":
			host.Port = value
		case "socket":
			host.Socket = value
		case "variable":
			host.Variable = value
		case "namespace":
			host.Namespaces = append(host.Namespaces, value)
		case "walls":
			host.Walls = value == "true"
		}
	}
	return host
}

func breach(what string, seen bool) {
	if seen {
		fmt.Println("breach:", what)
	}
}

func (host server) tryFiles() {
	for _, root := range []string{"", "/proc/1/root", "/proc/self/root", "/proc/self/cwd"} {
		_, err := os.ReadFile(root + host.File)
		breach("can read a file of the host", err == nil)
	}
	for _, dir := range []string{"/", "/app", "/dev", "/etc", "/usr", "/var", "/proc/self", host.File[:strings.LastIndex(host.File, "/")]} {
		name := strings.TrimSuffix(dir, "/") + "/gorunner-proof"
		if os.WriteFile(name, nil, 0o600) == nil {
			os.Remove(name)
			breach("can write to "+dir, true)
		}
	}
}

// tryMounts looks for files that are not the sandbox's own, by what is mounted; see proc_pid_mountinfo(5).
func tryMounts() {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	breach("can't read what is mounted", err != nil)
	for _, line := range strings.Split(strings.TrimSpace(string(mounts)), "\n") {
		left, kind, _ := strings.Cut(line, " - ")
		kind, _, _ = strings.Cut(kind, " ")
		isDevice := strings.Contains(left, " /dev/")
		breach("sees a disk of the host", kind != "tmpfs" && kind != "proc" && !isDevice)
	}
	for _, name := range []string{"cmdline", "fs", "kallsyms", "pressure", "sys"} {
		text, _ := os.ReadFile("/proc/" + name)
		entries, _ := os.ReadDir("/proc/" + name)
		breach("sees the host's files of /proc", len(text) > 0 || len(entries) > 0)
	}
}

func (host server) tryNetwork() {
	if port, err := strconv.Atoi(host.Port); err == nil {
		breach("can reach the host's network", connects(syscall.AF_INET, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}))
	}
	breach("can reach the host's abstract sockets", connects(syscall.AF_UNIX, &syscall.SockaddrUnix{Name: "@" + host.Socket}))
}

func connects(family int, to syscall.Sockaddr) bool {
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	return syscall.Connect(fd, to) == nil
}

func (host server) tryEnvironment() {
	seen := strings.Contains(strings.Join(os.Environ(), "\n"), host.Variable)
	processes, _ := os.ReadDir("/proc")
	for _, process := range processes {
		environ, _ := os.ReadFile("/proc/" + process.Name() + "/environ")
		seen = seen || strings.Contains(string(environ), host.Variable)
	}
	breach("can read the server's environment", seen)
	for fd := 3; fd < 64; fd++ {
		target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		// The runtime's own are all of this kind.
		breach("has inherited the descriptor of "+target, err == nil && !strings.HasPrefix(target, "anon_inode:"))
	}
}

func (host server) tryPrivileges() {
	breach("is no child of the sandbox's first process", os.Getppid() != 1)
	for _, namespace := range host.Namespaces {
		kind, _, _ := strings.Cut(namespace, ":")
		own, _ := os.Readlink("/proc/self/ns/" + kind)
		breach("shares the host's "+kind+" namespace", own == namespace)
	}
	status, _ := os.ReadFile("/proc/self/status")
	for _, want := range []string{"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"} {
		breach("does not run with "+want, !strings.Contains(string(status), "\n"+want+"\n"))
	}
	first, _ := os.ReadFile("/proc/1/status")
	breach("sees that the sandbox's first process does not run with Seccomp:\t2", !strings.Contains(string(first), "\nSeccomp:\t2\n"))
	// Last, as one that comes to be would change all else.
	runtime.LockOSThread()
	_, _, errno := syscall.RawSyscall(syscall.SYS_UNSHARE, syscall.CLONE_NEWUSER, 0, 0)
	breach("can make a user namespace", errno == 0)
}

// useUp takes more than its limit of something, and ends well only where there is no limit.
func useUp(what string) {
	switch what {
	case "memory":
		var all [][]byte
		for range 512 {
			piece := make([]byte, 1<<20)
			for i := 0; i < len(piece); i += 4096 {
				piece[i] = 1
			}
			all = append(all, piece)
		}
		runtime.KeepAlive(all)
	case "threads":
		for range 1_000 {
			go func() {
				runtime.LockOSThread()
				time.Sleep(time.Minute)
			}()
		}
		time.Sleep(time.Second)
	}
}
