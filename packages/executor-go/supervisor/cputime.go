package main

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"time"
)

// clockTick is what /proc counts processor time in: USER_HZ is 100 wherever Linux runs Go (time(7)).
const clockTick = 10 * time.Millisecond

// watchCPU ends the job when all its processes together have used more processor time than they may. It looks again when
// they could have used the rest at the earliest.
func (r *run) watchCPU(limit time.Duration, done <-chan struct{}) {
	processors := time.Duration(runtime.NumCPU())
	for left := limit; ; left = limit - cpuTime() {
		if left <= 0 {
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

// cpuTime is what all processes but this one have used, those that have ended included where their parents have waited
// for them.
func cpuTime() time.Duration {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	var total time.Duration
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && pid != os.Getpid() {
			total += cpuTimeOf(entry.Name())
		}
	}
	return total
}

// cpuTimeOf sums utime, stime, cutime and cstime, fields 14 to 17 of proc_pid_stat(5); 0 for a process that has gone.
func cpuTimeOf(pid string) time.Duration {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	_, afterName, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	fields := bytes.Fields(afterName) // the first is field 3
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
