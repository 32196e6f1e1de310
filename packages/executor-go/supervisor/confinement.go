package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// confinement keeps a job's processes together, so that all of them can be found and ended, and its files.
type confinement interface {
	// processes are those of the job, those included that it left behind.
	processes() []int
	// killAll ends them; some may still be on their way out when it returns.
	killAll()
	// diskUsed is what the job keeps in files, in bytes.
	diskUsed() int64
	// filesUsed is how many files the job has, folders too; 0 where nobody counts.
	filesUsed() int64
	// sockets is how many sockets the job has; none where it shares a network with others.
	sockets() sockets
	// others is how many processes and threads its user has besides, which the kernel counts with its own.
	others() int
}

// confined is the confinement of this process's job; see confine.
var confined confinement = namespace{}

// Arguments that say what there is in place of walls, with the job's scratch directory behind them.
const (
	unwalledCommand     = "unwalled"      // nothing: the job's user is the server's
	unwalledUserCommand = "unwalled-user" // a user that nobody else has
)

// confine finds out what this process was started as.
func confine(args []string) {
	if len(args) != 3 {
		return
	}
	switch family := (family{scratch: args[2]}); args[1] {
	case unwalledCommand:
		confined = family
	case unwalledUserCommand:
		confined = user{family}
	default:
		return
	}
	const (
		prSetChildSubreaper = 36
		prSetNoNewPrivs     = 38
	)
	// Orphans of the job come to this process, as they do to a pid 1.
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0, 0, 0, 0); errno != 0 {
		panic("becoming a subreaper: " + errno.Error())
	}
	// There are programs on the host that would make it another user.
	if _, _, errno := syscall.AllThreadsSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		panic("giving up new privileges: " + errno.Error())
	}
}

// namespace is the pid namespace of which this process is the first.
type namespace struct{}

func (namespace) processes() []int { return allProcesses() }

// killAll ends every other process that this one can see, which are those of the sandbox only for its first process:
// anywhere else, as in a test, it would be all of the machine.
func (namespace) killAll() {
	if os.Getpid() != 1 {
		panic("only the first process of a sandbox may end all others")
	}
	syscall.Kill(-1, syscall.SIGKILL)
}

func (namespace) diskUsed() int64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs("/tmp", &stat); err != nil {
		panic("asking how much of the disk is in use: " + err.Error())
	}
	return int64(stat.Blocks-stat.Bfree) * int64(stat.Bsize)
}

func (namespace) filesUsed() int64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs("/tmp", &stat); err != nil {
		panic("asking how many files there are: " + err.Error())
	}
	return int64(stat.Files - stat.Ffree)
}

func (namespace) sockets() sockets { return countSockets() }

func (namespace) others() int { return 0 }

// family is this process's descendants: whoever loses its parent becomes its child.
type family struct {
	scratch string
}

func (family) processes() []int {
	parents := map[int]int{}
	for _, pid := range allProcesses() {
		parents[pid] = parentOf(pid)
	}
	var found []int
	for pid := range parents {
		for ancestor := parents[pid]; ancestor > 0; ancestor = parents[ancestor] {
			if ancestor == os.Getpid() {
				found = append(found, pid)
				break
			}
		}
	}
	return found
}

// killAll stops them until there are no new ones, so that none can fork while it is looked for, and ends them then.
func (f family) killAll() {
	for {
		stopped := map[int]bool{}
		for isNew := true; isNew; {
			isNew = false
			for _, pid := range f.processes() {
				if !stopped[pid] && syscall.Kill(pid, syscall.SIGSTOP) == nil {
					stopped[pid], isNew = true, true
				}
			}
		}
		living := false
		for pid := range stopped {
			syscall.Kill(pid, syscall.SIGKILL)
			living = living || !isDead(pid)
		}
		if !living {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (f family) diskUsed() int64 {
	var used int64
	filepath.WalkDir(f.scratch, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // it has gone meanwhile, or the job keeps it to itself
		}
		if info, err := entry.Info(); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				used += stat.Blocks << 9
			}
		}
		return nil
	})
	return used
}

// Without walls the files are the host's, and so is the bound.
func (family) filesUsed() int64 { return 0 }

// Nor is there a network of its own.
func (family) sockets() sockets { return sockets{} }

func (family) others() int {
	threads := 0
	for _, pid := range append(allProcesses(), os.Getpid()) {
		if userOf(pid) == os.Getuid() {
			entries, _ := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
			threads += len(entries)
		}
	}
	return threads
}

// user is all processes of a user that nobody else has.
type user struct {
	family
}

// killAll does it in one go, which nothing can fork away from (kill(2)).
func (user) killAll() { syscall.Kill(-1, syscall.SIGKILL) }

func (user) others() int { return 0 }

// allProcesses are all but this one that can be seen.
func allProcesses() []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// statOf are the fields of proc_pid_stat(5) from the third on: state, parent, and so on; none for a process that has gone.
func statOf(pid int) [][]byte {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	return bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
}

func parentOf(pid int) int {
	fields := statOf(pid)
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	return parent
}

// isDead is whether it has gone, or only waits for its parent to look.
func isDead(pid int) bool {
	fields := statOf(pid)
	return len(fields) == 0 || bytes.ContainsAny(fields[0], "ZX")
}

// userOf is a process's real user; -1 for one that has gone.
func userOf(pid int) int {
	status, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	_, line, _ := bytes.Cut(status, []byte("\nUid:\t"))
	number, _, _ := bytes.Cut(line, []byte("\t"))
	uid, err := strconv.Atoi(string(number))
	if err != nil {
		return -1
	}
	return uid
}
