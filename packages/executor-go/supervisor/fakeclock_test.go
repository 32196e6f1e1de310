package main

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

func frame(timeNs int64, payload string) []byte {
	header := append([]byte{}, playbackMark...)
	header = binary.BigEndian.AppendUint64(header, uint64(timeNs+fakeEpoch))
	header = binary.BigEndian.AppendUint32(header, uint32(len(payload)))
	return append(header, payload...)
}

// joined is what pieces say, however finely they are cut.
func joined(pieces []piece) []piece {
	var all []piece
	for _, next := range pieces {
		if last := len(all) - 1; last >= 0 && all[last].timeNs == next.timeNs {
			all[last].data = append(slices.Clone(all[last].data), next.data...)
		} else {
			all = append(all, next)
		}
	}
	return all
}

// large is the payload of a write that need not go through at once; what is in it looks like a frame, but is none.
var large = strings.Repeat("large ", 3000) + string(frame(9, "one in it")) + strings.Repeat(" and more", 100)

// parts are frames of one write of which a signal let only a part through, and then another.
func parts(timeNs int64, payload string, cuts ...int) []byte {
	var stream []byte
	for _, count := range cuts {
		stream = append(stream, frame(timeNs, payload)[:playbackHeader+count]...)
		payload = payload[count:]
	}
	return append(stream, frame(timeNs, payload)...)
}

var playbacks = map[string]struct {
	stream []byte
	want   string
}{
	"frames, and what has none": {
		slices.Concat(
			[]byte("before"), frame(1, "one"), frame(2, ""), frame(3, "\x00\x00PB in the payload"), []byte("raw \x00\x00P"),
			frame(4, "four"), []byte("\x00\x00PB\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"), frame(5, "cut off here")[:20],
		),
		"beforeone\x00\x00PB in the payloadraw \x00\x00Pfour\x00\x00PB\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xffcut ",
	},
	"a large write":                         {slices.Concat(frame(1, large), frame(2, "next")), large + "next"},
	"a large write in parts":                {slices.Concat(parts(1, large, 4500, 3), frame(2, "next")), large + "next"},
	"a large write but for its last byte":   {slices.Concat(parts(1, large, len(large)-1), frame(2, "next")), large + "next"},
	"a large write of which nothing came":   {slices.Concat(parts(1, large, 0), frame(2, "next")), large + "next"},
	"a large write that ends like a header": {slices.Concat(frame(1, large+"\x00\x00PB\x11"), frame(2, "next")), large + "\x00\x00PB\x11next"},
	"a large write that is cut off":         {parts(1, large, 4500)[:playbackHeader+4500+playbackHeader+10], large[:4510]},
}

func TestPlaybackIsTheSameHoweverTheStreamIsCut(t *testing.T) {
	for name, each := range playbacks {
		stream := each.stream
		whole := new(playback)
		want := joined(append(whole.take(stream, false), whole.end(false)...))
		for seed := range int64(1000) {
			random := rand.New(rand.NewSource(seed))
			cut := new(playback)
			var got []piece
			for rest := stream; len(rest) > 0; {
				count := 1 + random.Intn(min(len(rest), 1+random.Intn(1+len(stream)/10)))
				got = append(got, cut.take(slices.Clone(rest[:count]), false)...)
				rest = rest[count:]
			}
			got = joined(append(got, cut.end(false)...))
			if !slices.EqualFunc(got, want, func(a, b piece) bool { return a.timeNs == b.timeNs && bytes.Equal(a.data, b.data) }) {
				t.Fatalf("%s, seed %d: %+v, want %+v", name, seed, got, want)
			}
		}
		texts := ""
		for _, piece := range want {
			texts += string(piece.data)
		}
		if texts != each.want {
			t.Errorf("%s: %q", name, texts)
		}
	}
}

func FuzzPlaybackLosesNothingButHeaders(f *testing.F) {
	for _, each := range playbacks {
		f.Add(each.stream, 7)
	}
	f.Fuzz(func(t *testing.T, stream []byte, at int) {
		at = max(0, min(at, len(stream)))
		whole, cut := new(playback), new(playback)
		want := joined(append(whole.take(slices.Clone(stream), false), whole.end(false)...))
		got := append(cut.take(slices.Clone(stream[:at]), false), cut.take(slices.Clone(stream[at:]), false)...)
		got = joined(append(got, cut.end(false)...))
		count, last := 0, int64(0)
		for i, piece := range got {
			if i >= len(want) || piece.timeNs != want[i].timeNs || !bytes.Equal(piece.data, want[i].data) {
				t.Fatalf("cut at %d: %+v, want %+v", at, got, want)
			}
			if piece.timeNs < last {
				t.Fatalf("time went back from %d to %d", last, piece.timeNs)
			}
			count, last = count+len(piece.data), piece.timeNs
		}
		if missing := len(stream) - count; len(got) != len(want) || missing < 0 || missing%playbackHeader != 0 {
			t.Fatalf("%d bytes became %d", len(stream), count)
		}
	})
}
