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

// watchMemory ends the job when it takes more memory than it may, of what nobody else counts: what lies in its sockets,
// and, where there is no control group, the memory of all its processes. The kernel's own limit there (RLIMIT_DATA) is one
// of each process, and forgets memory that has been made read-only.
//
// Both are counted by themselves: with many sockets a program could else hold up the counting of all else that it takes.
func (r *run) watchMemory(limit int64, countPages bool, done <-chan struct{}) {
	var pages, inSockets atomic.Int64
	watch := func(rest time.Duration, count func()) {
		r.watch(rest, done, func() (over bool) {
			count()
			return pages.Load()+inSockets.Load() > limit
		})
	}
	if countPages {
		go watch(10, func() { pages.Store(privateBytes(confined.processes())) })
	}
	watch(2, func() { inSockets.Store(confined.socketBytes(countPages)) })
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

// internetSockets are the tables of those that hold what is written and not yet read. The kernel's limit of that (tcp_mem,
// udp_mem) is one for the whole host, and version 1 of control groups counts it as nobody's.
var internetSockets = []string{"/proc/self/net/tcp", "/proc/self/net/tcp6", "/proc/self/net/udp", "/proc/self/net/udp6"}

// queuedBytes is what lies in all sockets of this process's network namespace. Each line of a table has the lengths of both
// queues as TX:RX, hexadecimal, in its fifth field (proc_net(5)).
func queuedBytes() int64 {
	if !hasSockets() {
		return 0
	}
	var total int64
	for _, table := range internetSockets {
		_, lines, _ := bytes.Cut(contentOf(table), []byte("\n"))
		for line := range bytes.Lines(lines) {
			fields := bytes.Fields(line)
			if len(fields) < 5 {
				continue
			}
			sent, received, _ := bytes.Cut(fields[4], []byte(":"))
			for _, queue := range [][]byte{sent, received} {
				length, _ := strconv.ParseInt(string(queue), 16, 64)
				total += length
			}
		}
	}
	return total
}

// localBytes is what all local sockets of this process's network namespace may hold. Nothing tells what they do hold.
func localBytes() int64 {
	const usual = 212_992 // net.core.wmem_default, which a program has no say in; see runPolicyByRlimits
	lines := bytes.Count(contentOf("/proc/self/net/unix"), []byte("\n"))
	return int64(max(0, lines-1)) * usual
}

// hasSockets is whether there are any: the tables are found by a walk through those of the whole host, which takes long
// on a large one.
func hasSockets() bool {
	for _, summary := range []string{"/proc/self/net/sockstat", "/proc/self/net/sockstat6"} {
		for line := range bytes.Lines(contentOf(summary)) { // TCP: inuse 0 orphan 0 …, UDP6: inuse 0
			fields := bytes.Fields(line)
			isCounted := bytes.HasPrefix(line, []byte("TCP")) || bytes.HasPrefix(line, []byte("UDP"))
			if isCounted && len(fields) >= 3 && string(fields[2]) != "0" {
				return true
			}
		}
	}
	return false
}

// contentOf is what stands in a small file of /proc; nothing where it has gone.
func contentOf(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return text
}
