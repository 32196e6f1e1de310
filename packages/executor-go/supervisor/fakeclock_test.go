package main

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"os"
	"slices"
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

func TestPlaybackIsTheSameHoweverTheStreamIsCut(t *testing.T) {
	stream := slices.Concat(
		[]byte("before"), frame(1, "one"), frame(2, ""), frame(3, "\x00\x00PB in the payload"), []byte("raw \x00\x00P"),
		frame(4, "four"), []byte("\x00\x00PB\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"), frame(5, "cut off here")[:20],
	)
	whole := new(playback)
	want := joined(append(whole.take(stream), whole.end()...))
	for seed := range int64(2000) {
		random := rand.New(rand.NewSource(seed))
		cut := new(playback)
		var got []piece
		for rest := stream; len(rest) > 0; {
			count := 1 + random.Intn(min(len(rest), 1+random.Intn(30)))
			got = append(got, cut.take(slices.Clone(rest[:count]))...)
			rest = rest[count:]
		}
		got = joined(append(got, cut.end()...))
		if !slices.EqualFunc(got, want, func(a, b piece) bool { return a.timeNs == b.timeNs && bytes.Equal(a.data, b.data) }) {
			t.Fatalf("seed %d: %q, want %q", seed, got, want)
		}
	}
	texts := ""
	for _, piece := range want {
		texts += string(piece.data)
	}
	if texts != "beforeone\x00\x00PB in the payloadraw \x00\x00Pfour\x00\x00PB\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xffcut " {
		t.Errorf("%q", texts)
	}
}

// A writer turns from one stream to the other all the time; the merged order must be its own.
func TestMergeKeepsTheOrderOfWriting(t *testing.T) {
	const writes = 20_000
	outRead, outWrite, _ := os.Pipe()
	errRead, errWrite, _ := os.Pipe()
	go func() {
		for i := range int64(writes) {
			to := outWrite
			if i%3 == 0 {
				to = errWrite
			}
			to.Write(frame(i, string(rune('a'+i%26))))
		}
		outWrite.Close()
		errWrite.Close()
	}()
	var sent bytes.Buffer
	current := &run{out: &frameWriter{to: &sent}, left: 1 << 30}
	current.merge(outRead, errRead)
	next := int64(0)
	for data := sent.Bytes(); len(data) > 0; next++ {
		at := int64(binary.BigEndian.Uint64(data[1:]))
		if at != next {
			t.Fatalf("write %d came when %d was due", at, next)
		}
		data = data[frameHeader+int(binary.BigEndian.Uint32(data[9:])):]
	}
	if next != writes {
		t.Errorf("%d of %d writes came", next, writes)
	}
}
