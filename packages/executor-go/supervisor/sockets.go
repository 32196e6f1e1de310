package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"
)

const (
	// socketBytes is what a socket takes of the kernel at least, with its hash entries and its peer's bookkeeping. A socket
	// that waits to be accepted, or that is being closed, belongs to no descriptor, and to no control group.
	socketBytes = 4 << 10
	// maxSockets leaves room for a socket on each of a program's 1,024 descriptors, for as many that wait to be accepted, and
	// for as many that are being closed. It is below what a host of 1 GiB has for all (tcp_max_orphans).
	maxSockets = 3 << 10
	// maxClosed is how many closed connections may wait for late segments (TIME_WAIT). Each is a line of a table.
	maxClosed = 16 << 10
	// queueShare is which part of a job's memory may lie in the queues of TCP and UDP. Their limits (tcp_mem, udp_mem) are
	// the whole host's, about a tenth of its memory.
	queueShare = 4
)

// sockets is how many a network namespace has.
type sockets struct {
	open     int64 // those with a descriptor, those that wait to be accepted, and those that are being closed
	closed   int64 // in TIME_WAIT
	internet int64 // how many of those that are open are in the tables of TCP and UDP
}

// countSockets takes the kernel the same time however many there are.
func countSockets() sockets {
	return summedUp(append(contentOf("/proc/self/net/sockstat"), contentOf("/proc/self/net/sockstat6")...))
}

// summedUp reads lines as "sockets: used 5", "TCP: inuse 3 orphan 0 tw 1 alloc 5 mem 0" and "UDP6: inuse 0". Of these,
// used, inuse and tw are the namespace's; the others are the host's.
func summedUp(summary []byte) (count sockets) {
	for line := range bytes.Lines(summary) {
		fields := bytes.Fields(line)
		for i := 1; i+1 < len(fields); i += 2 {
			number, err := strconv.ParseInt(string(fields[i+1]), 10, 64)
			if err != nil {
				continue
			}
			switch string(fields[i]) {
			case "used":
				count.open += number
			case "tw":
				count.closed += number
			case "inuse":
				if bytes.HasPrefix(line, []byte("TCP")) || bytes.HasPrefix(line, []byte("UDP")) {
					count.internet += number
				}
			}
		}
	}
	return count
}

func (s sockets) tooMany() bool { return s.open > maxSockets || s.closed > maxClosed }

func (s sockets) bytes() int64 { return (s.open + s.closed) * socketBytes }

// internetSockets are the tables of those that hold what is written and not yet read. The kernel's limit of that is one for
// the whole host, and version 1 of control groups does not count it.
var internetSockets = []string{"/proc/self/net/tcp", "/proc/self/net/tcp6", "/proc/self/net/udp", "/proc/self/net/udp6"}

// queuedBytes is what lies in all TCP and UDP sockets of this process's network namespace, or some number above limit. A
// table is found by a walk through that of the whole host, which takes long on a large one.
func queuedBytes(count sockets, limit int64) int64 {
	var total int64
	if count.internet == 0 {
		return total
	}
	for _, table := range internetSockets {
		file, err := os.Open(table)
		if err != nil {
			continue // IPv6 may be switched off
		}
		total += queuedIn(file, limit-total)
		file.Close()
		if total > limit {
			break
		}
	}
	return total
}

// queuedIn sums up a table, until that is above limit. Each line has the lengths of both queues as TX:RX, hexadecimal, in
// its fifth field (proc_net(5)).
func queuedIn(table io.Reader, limit int64) int64 {
	var total int64
	lines := bufio.NewScanner(table)
	for lines.Scan() && total <= limit {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) < 5 {
			continue
		}
		sent, received, _ := bytes.Cut(fields[4], []byte(":"))
		for _, queue := range [][]byte{sent, received} {
			length, _ := strconv.ParseInt(string(queue), 16, 64) // the heading has words there
			total += length
		}
	}
	return total
}

// localBytes is what all local sockets of this process's network namespace may hold. Nothing tells what they do hold.
func localBytes(count sockets) int64 {
	const usual = 212_992 // net.core.wmem_default, which a program can't change; see countedSocketCalls of the filters
	if count.open == 0 {
		return 0
	}
	lines := bytes.Count(contentOf("/proc/self/net/unix"), []byte("\n"))
	return int64(max(0, lines-1)) * usual
}
