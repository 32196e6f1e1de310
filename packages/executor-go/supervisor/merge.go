package main

import (
	"cmp"
	"os"
	"slices"
	"syscall"
	"unsafe"
)

// merge sends what the job writes under the fake clock to both streams, in the order in which it was written. That order
// is in the times: they grow by a nanosecond whenever the program turns from one stream to the other.
//
// The streams are two pipes, and reading one after the other could miss what was written in between. So each round reads
// stderr and then stdout: whatever was written before the last piece of stderr, to either, has then been read. What came
// from stdout and is later than that waits for the next round, in which the same is known of it.
func (r *run) merge(stdout, stderr *os.File) {
	out, err := newDrain(kindStdout, stdout), newDrain(kindStderr, stderr)
	defer stdout.Close()
	defer stderr.Close()
	var held []piece
	for !out.closed || !err.closed {
		awaitAny(len(held) > 0, out, err)
		known := append(held, err.read()...)
		until := latest(known)
		known = append(known, out.read()...)
		slices.SortStableFunc(known, func(a, b piece) int { return cmp.Compare(a.timeNs, b.timeNs) })
		count := len(known)
		if !err.closed {
			count, _ = slices.BinarySearchFunc(known, until+1, func(p piece, timeNs int64) int { return cmp.Compare(p.timeNs, timeNs) })
		}
		r.sendPieces(known[:count])
		held = slices.Clone(known[count:])
	}
	r.sendPieces(held)
}

// latest is the time of the last of these pieces; before all time where there is none.
func latest(pieces []piece) int64 {
	last := int64(-1 << 62)
	for _, piece := range pieces {
		last = max(last, piece.timeNs)
	}
	return last
}

// sendPieces sends what was written at one time to one stream as one event: a panic comes in many small writes.
func (r *run) sendPieces(pieces []piece) {
	for start := 0; start < len(pieces); {
		first := pieces[start]
		buffer := append(make([]byte, frameHeader, frameHeader+len(first.data)), first.data...)
		end := start + 1
		for ; end < len(pieces) && pieces[end].kind == first.kind && pieces[end].timeNs == first.timeNs; end++ {
			if len(buffer)-frameHeader+len(pieces[end].data) > chunkBytes {
				break
			}
			buffer = append(buffer, pieces[end].data...)
		}
		r.send(first.kind, first.timeNs, buffer)
		start = end
	}
}

// drain reads all that a pipe holds at the moment.
type drain struct {
	playback
	fd     int
	closed bool
}

func newDrain(kind byte, from *os.File) *drain {
	fd := int(from.Fd()) // makes it blocking
	syscall.SetNonblock(fd, true)
	return &drain{playback: playback{kind: kind}, fd: fd}
}

func (d *drain) read() []piece {
	var pieces []piece
	buffer := make([]byte, chunkBytes)
	for !d.closed {
		count, err := syscall.Read(d.fd, buffer)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return pieces
		case err != nil || count == 0:
			d.closed = true
			pieces = append(pieces, d.end()...)
		default:
			pieces = append(pieces, d.take(buffer[:count])...)
		}
	}
	return pieces
}

// awaitAny waits until one of them can be read or has ended; not at all when there is something to do anyway.
func awaitAny(busy bool, drains ...*drain) {
	const pollIn = 1
	type pollFd struct {
		fd              int32
		events, revents int16
	}
	var fds []pollFd
	for _, d := range drains {
		if !d.closed {
			fds = append(fds, pollFd{fd: int32(d.fd), events: pollIn})
		}
	}
	if busy || len(fds) == 0 {
		return
	}
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds)), 0, 0, 0, 0)
		if errno != syscall.EINTR {
			return
		}
	}
}
