package main

import (
	"bytes"
	"encoding/binary"
)

// Under the fake clock a program's writes to stdout and stderr come in frames: a mark, the time in nanoseconds since 1970
// (int64) and the length (int32), both big endian, then that many bytes (runtime/time_fake.go). Header and payload are
// separate writes, so a program that is killed leaves half a frame; and what does not go through the runtime's write, a
// raw system call or a duplicated descriptor, has no frame at all.
var playbackMark = []byte("\x00\x00PB")

const playbackHeader = 4 + 8 + 4

// fakeEpoch is when the fake clock starts: 2009-11-10 23:00:00 UTC.
const fakeEpoch = 1257894000 * 1e9

// piece is output of one stream, all written at one time, in nanoseconds since fakeEpoch.
type piece struct {
	kind   byte
	late   bool // written after the job's time was up
	timeNs int64
	data   []byte
}

// playback takes one stream apart.
type playback struct {
	kind   byte
	rest   []byte // what may be the start of a header, not yet whole
	timeNs int64  // of the last frame
	size   int    // of its payload
	left   int    // bytes of it that have not come yet
}

// atomicWrite is the largest write to a pipe that comes whole or not at all (PIPE_BUF, pipe(7)).
const atomicWrite = 4096

// take answers what data adds, however the stream was cut.
func (p *playback) take(data []byte, late bool) []piece {
	data = append(p.rest, data...)
	p.rest = nil
	var pieces []piece
	add := func(count int) {
		pieces = append(pieces, piece{p.kind, late, p.timeNs, data[:count:count]})
		p.left = max(p.left-count, 0)
		data = data[count:]
	}
	for len(data) > 0 {
		if count := p.payloadIn(data); count > 0 {
			add(count)
			continue
		}
		switch at := markIn(data); {
		case at > 0:
			add(at) // unframed
		case len(data) < playbackHeader:
			p.rest = data
			return pieces
		case p.enter(data):
			data = data[playbackHeader:]
		default:
			add(1) // no frame, although it looks like one
		}
	}
	return pieces
}

// payloadIn is how many bytes at the start of data are the frame's for sure: all that it lacks, but for a large write of
// which a signal to the program let only a part through (the collector stops the program in mid-write). The program then
// writes the rest in a frame of its own, which begins before the first has all that its header promised.
func (p *playback) payloadIn(data []byte) int {
	count := min(p.left, len(data))
	if p.size > atomicWrite {
		count = min(count, markIn(data))
	}
	return count
}

// enter begins the frame whose header data starts with, if it is one.
func (p *playback) enter(data []byte) bool {
	timeNs := int64(binary.BigEndian.Uint64(data[4:])) - fakeEpoch
	length := int(int32(binary.BigEndian.Uint32(data[12:])))
	if length < 0 {
		return false
	}
	// Within a payload this is the rest of its write, which is as long as what is missing, or else its bytes look so.
	if p.left > 0 && (length != p.left || timeNs < p.timeNs) {
		return false
	}
	// A stream's times never go back, unless the program has forged them.
	p.timeNs = max(p.timeNs, timeNs)
	p.size, p.left = length, length
	return true
}

// end answers what was waiting for the rest of a header.
func (p *playback) end(late bool) []piece {
	if len(p.rest) == 0 {
		return nil
	}
	last := piece{p.kind, late, p.timeNs, p.rest}
	p.rest = nil
	return []piece{last}
}

// markIn is where the next mark begins, or could begin once there is more; the length of data where it does not.
func markIn(data []byte) int {
	if at := bytes.Index(data, playbackMark); at >= 0 {
		return at
	}
	for length := min(len(playbackMark)-1, len(data)); length > 0; length-- {
		if bytes.HasPrefix(playbackMark, data[len(data)-length:]) {
			return len(data) - length
		}
	}
	return len(data)
}
