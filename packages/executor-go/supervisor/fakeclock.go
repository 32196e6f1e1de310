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
	timeNs int64
	data   []byte
}

// playback takes one stream apart.
type playback struct {
	kind   byte
	rest   []byte // the start of a header, not yet whole
	timeNs int64  // of the last frame
	left   int    // bytes of it that have not come yet
}

// take answers what data adds, however the stream was cut.
func (p *playback) take(data []byte) []piece {
	data = append(p.rest, data...)
	p.rest = nil
	var pieces []piece
	add := func(count int) {
		pieces = append(pieces, piece{p.kind, p.timeNs, data[:count:count]})
		data = data[count:]
	}
	for len(data) > 0 {
		if p.left > 0 {
			count := min(p.left, len(data))
			p.left -= count
			add(count)
			continue
		}
		switch at := markIn(data); {
		case at > 0:
			add(at) // unframed
		case len(data) < playbackHeader:
			p.rest = data
			return pieces
		default:
			length := int32(binary.BigEndian.Uint32(data[12:]))
			if length < 0 {
				add(1) // no frame, although it looks like one
				continue
			}
			p.timeNs = int64(binary.BigEndian.Uint64(data[4:])) - fakeEpoch
			p.left = int(length)
			data = data[playbackHeader:]
		}
	}
	return pieces
}

// end answers what was waiting for the rest of a header.
func (p *playback) end() []piece {
	if len(p.rest) == 0 {
		return nil
	}
	last := piece{p.kind, p.timeNs, p.rest}
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
