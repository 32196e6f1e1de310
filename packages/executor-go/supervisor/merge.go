package main

import (
	"cmp"
	"math"
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
func (r *run) merge(stdout, stderr *inlet) {
	out, err := newDrain(stdout), newDrain(stderr)
	defer stdout.close()
	defer stderr.close()
	var held []piece
	for !out.closed || !err.closed {
		awaitAny(len(held) > 0, out, err)
		known := append(held, err.read()...)
		until := latest(known)
		known = append(known, out.read()...)
		slices.SortStableFunc(known, func(a, b piece) int { return cmp.Compare(a.timeNs, b.timeNs) })
		count := len(known)
		if !err.closed {
			count, _ = slices.BinarySearchFunc(known, until, untilThen)
		}
		r.sendPieces(known[:count])
		held = slices.Clone(known[count:])
	}
	r.sendPieces(held)
}

// latest is the time of the last of these pieces; before all time where there is none.
func latest(pieces []piece) int64 {
	last := int64(math.MinInt64)
	for _, piece := range pieces {
		last = max(last, piece.timeNs)
	}
	return last
}

// untilThen finds the first piece that is later. It adds nothing to a time: a program may forge the last one there is.
func untilThen(p piece, until int64) int {
	if p.timeNs <= until {
		return -1
	}
	return 1
}

// sendPieces sends what was written at one time to one stream as one event: a panic comes in many small writes.
func (r *run) sendPieces(pieces []piece) {
	for start := 0; start < len(pieces); {
		first := pieces[start]
		buffer := append(make([]byte, frameHeader, frameHeader+len(first.data)), first.data...)
		end := start + 1
		for ; end < len(pieces) && pieces[end].belongsTo(first); end++ {
			if len(buffer)-frameHeader+len(pieces[end].data) > chunkBytes {
				break
			}
			buffer = append(buffer, pieces[end].data...)
		}
		// What has no frame has the time of its stream's last one, and the other stream may be further.
		r.mergedNs = max(r.mergedNs, first.timeNs)
		r.send(output{kind: first.kind, late: first.late, timeNs: r.mergedNs}, buffer)
		start = end
	}
}

func (p piece) belongsTo(first piece) bool {
	return p.kind == first.kind && p.timeNs == first.timeNs && p.late == first.late
}

// drain reads what a pipe holds at the moment.
type drain struct {
	playback
	in     *inlet
	fd     int
	closed bool
}

func newDrain(in *inlet) *drain {
	fd := int(in.file.Fd()) // makes it blocking
	syscall.SetNonblock(fd, true)
	return &drain{playback: playback{kind: in.kind}, in: in, fd: fd}
}

// read stops at what was there when it began: a job that writes as fast as we read would keep it for ever, and nothing
// would be sent, or held against the job's limit.
func (d *drain) read() []piece {
	if d.closed {
		return nil
	}
	var pieces []piece
	buffer := make([]byte, chunkBytes)
	for left := pending(d.fd); ; {
		count, late, err := d.in.read(d.fd, buffer)
		switch {
		case err == syscall.EAGAIN:
			return pieces
		case err != nil || count == 0:
			d.closed = true
			return append(pieces, d.end(late)...)
		}
		pieces = append(pieces, d.take(buffer[:count], late)...)
		if left -= count; left <= 0 {
			return pieces
		}
	}
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
