package main

import (
	"bytes"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// memoryTick is how often memory is counted, unless that takes long; in that time a processor fills some 40 MiB.
const memoryTick = 20 * time.Millisecond

// watchMemory ends the job when it takes more memory than it may, of what nothing else counts: its sockets, what lies in
// them, and, where there is no control group, the memory of all its processes. The kernel's own limit there (RLIMIT_DATA) is
// one of each process, and forgets memory that has been made read-only.
//
// Each is counted by itself: the tables of many sockets take long to read, which must not hold up the other counts.
func (r *run) watchMemory(limit int64, countPages bool, done <-chan struct{}) {
	var pages, inSockets, queued, local atomic.Int64
	isOver := func() bool { return pages.Load()+inSockets.Load()+queued.Load()+local.Load() > limit }
	if countPages {
		go r.watch(10, done, func() bool {
			pages.Store(privateBytes(confined.processes()))
			return isOver()
		})
	}
	go r.watch(2, done, func() bool {
		count := confined.sockets()
		inSockets.Store(count.bytes())
		return count.tooMany() || isOver()
	})
	r.watch(2, done, func() bool {
		// No table is read before it is known how long it is.
		count := confined.sockets()
		if count.tooMany() {
			return true
		}
		queued.Store(queuedBytes(count, limit/queueShare))
		if countPages {
			local.Store(localBytes(count))
		}
		return queued.Load() > limit/queueShare || isOver()
	})
}

// watch looks whether the job has too much. Where looking takes long, what follows is a rest of so many times as long.
func (r *run) watch(rest time.Duration, done <-chan struct{}, isOver func() bool) {
	for {
		began := time.Now()
		if isOver() {
			r.kill("memory")
			return
		}
		select {
		case <-done:
			return
		case <-time.After(max(memoryTick, rest*time.Since(began))):
		}
	}
}

// privateBytes is what these processes have of their own, as far as it is in memory. What they share is in files, which are
// counted as such.
func privateBytes(pids []int) int64 {
	var pages int64
	for _, pid := range pids {
		fields := bytes.Fields(contentOf("/proc/" + strconv.Itoa(pid) + "/statm")) // proc_pid_statm(5): size, resident, shared
		if len(fields) < 3 {
			continue // it has gone
		}
		resident, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		shared, _ := strconv.ParseInt(string(fields[2]), 10, 64)
		pages += resident - shared
	}
	return pages * int64(os.Getpagesize())
}

// contentOf is what stands in a small file of /proc; nothing where it has gone.
func contentOf(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return text
}
