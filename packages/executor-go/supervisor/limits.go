package main

import "syscall"

// limits are resource limits of each process of the job; 0 means none.
type limits struct {
	DataBytes    uint64 `json:"dataBytes"`
	AddressBytes uint64 `json:"addressBytes"`
	FileBytes    uint64 `json:"fileBytes"`
	OpenFiles    uint64 `json:"openFiles"`
	Processes    uint64 `json:"processes"`
	CPUSeconds   uint64 `json:"cpuSeconds"`
}

// Of asm-generic/resource.h; missing from package syscall.
const (
	rlimitNproc      = 6
	rlimitSigpending = 11
)

// pendingSignals is how many signals may wait, and how many timers there may be: the kernel keeps both for a user, and no
// rlimit on memory counts them. A CPU profile takes a timer for each thread.
const pendingSignals = 1024

const stackBytes = 8 << 20 // the usual soft limit

// coreBytes is too small for any core file. With 0 the kernel would still start a host's handler of core dumps, as root and
// outside of every sandbox, where kernel.core_pattern names one; with 1 it does not (do_coredump in fs/coredump.c).
const coreBytes = 1

// apply limits this process, and so the job that it will start or become. That is harmless to the supervisor, which needs a
// few MiB and a dozen threads, and leaves no moment in which the job runs without its limits.
func (l limits) apply() error {
	for resource, limit := range map[int]uint64{
		syscall.RLIMIT_DATA:   l.DataBytes,
		syscall.RLIMIT_AS:     l.AddressBytes,
		syscall.RLIMIT_FSIZE:  l.FileBytes,
		syscall.RLIMIT_NOFILE: l.OpenFiles,
		syscall.RLIMIT_CPU:    l.CPUSeconds,
		rlimitNproc:           l.Processes,
	} {
		if limit == 0 {
			continue
		}
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
	}
	var pending syscall.Rlimit
	if err := syscall.Getrlimit(rlimitSigpending, &pending); err != nil {
		return err
	}
	pending.Max = min(pending.Max, pendingSignals) // a small host may have fewer
	pending.Cur = pending.Max
	if err := syscall.Setrlimit(rlimitSigpending, &pending); err != nil {
		return err
	}
	// A stack grows without being counted as data, and as far as whoever started the server lets it.
	if err := syscall.Setrlimit(syscall.RLIMIT_STACK, &syscall.Rlimit{Cur: stackBytes, Max: stackBytes}); err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: coreBytes, Max: coreBytes})
}
