package main

import (
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// clockTick is what /proc counts processor time in: USER_HZ is 100 wherever Linux runs Go (time(7)).
const clockTick = 10 * time.Millisecond

// watchCPU ends the job when all its processes together have used more processor time than they may. It looks again when
// they could have used the rest at the earliest.
func (r *run) watchCPU(limit time.Duration, done <-chan struct{}) {
	processors := time.Duration(runtime.NumCPU())
	for left := limit; ; left = limit - (cpuTime() - r.before) {
		// A second look: in the first, a process may have counted by itself, and then again with the parent that reaped it.
		if left <= 0 && cpuTime()-r.before >= limit {
			r.kill("cpu")
			return
		}
		select {
		case <-done:
			return
		case <-time.After(max(left/processors, clockTick)):
		}
	}
}

// cpuTime is what all processes but this one have used, and those that have ended; of these, only what a program had the
// kernel reap for it (SIGCHLD ignored) is missing.
func cpuTime() time.Duration {
	// First: a process that ends meanwhile is missed once, not counted twice.
	reaped, _ := usageOfReaped()
	total := time.Duration(reaped)
	for _, pid := range confined.processes() {
		total += cpuTimeOf(pid)
	}
	return total
}

// usageOfReaped is what the processes have used that this one has waited for, orphans among them, and those that they
// themselves had waited for; the peak is that of the largest.
func usageOfReaped() (cpuNs, peakBytes int64) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage); err != nil {
		panic("asking what the job has used: " + err.Error())
	}
	return usage.Utime.Nano() + usage.Stime.Nano(), usage.Maxrss << 10
}

// cpuTimeOf sums utime, stime, cutime and cstime, fields 14 to 17 of proc_pid_stat(5); 0 for a process that has gone.
func cpuTimeOf(pid int) time.Duration {
	fields := statOf(pid) // the first is field 3
	if len(fields) < 15 {
		return 0
	}
	var ticks int64
	for _, field := range fields[11:15] {
		count, err := strconv.ParseInt(string(field), 10, 64)
		if err == nil {
			ticks += count
		}
	}
	return time.Duration(ticks) * clockTick
}
