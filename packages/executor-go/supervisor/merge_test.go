package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"testing"
	"time"
)

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
	current.merge(&inlet{kind: kindStdout, file: outRead}, &inlet{kind: kindStderr, file: errRead})
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

// events hands on what a frameWriter sends, frame by frame.
type events chan []byte

func (to events) Write(frame []byte) (int, error) {
	to <- bytes.Clone(frame)
	return len(frame), nil
}

// next is the next event, as long as the program could still run.
func (from events) next(t *testing.T) (kind byte, timeNs int64, text string) {
	t.Helper()
	select {
	case frame := <-from:
		return frame[0], int64(binary.BigEndian.Uint64(frame[1:])), string(frame[frameHeader:])
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was sent while the program could still run")
		return 0, 0, ""
	}
}

// merging merges two pipes until the test ends; what it sends comes as events.
func merging(t *testing.T, current *run) (toStdout, toStderr *os.File, sent events, endTime func()) {
	t.Helper()
	stdout, toStdout := aPipe(t, kindStdout)
	stderr, toStderr := aPipe(t, kindStderr)
	sent = make(events, 100) // more than any test sends: one that fails must still end
	current.out = &frameWriter{to: sent}
	merged := make(chan struct{})
	go func() {
		defer close(merged)
		current.merge(stdout, stderr)
	}()
	t.Cleanup(func() {
		toStdout.Close()
		toStderr.Close()
		<-merged
	})
	return toStdout, toStderr, sent, func() {
		for _, in := range []*inlet{stdout, stderr} {
			if err := in.endTime(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestMergeSendsAtOnceWhateverTheTimeSays(t *testing.T) {
	for _, timeNs := range []int64{0, 1, -5, math.MaxInt64 - 1, math.MaxInt64, math.MinInt64} {
		toStdout, _, sent, _ := merging(t, &run{left: 1 << 30})
		toStdout.Write(frame(timeNs, "forged"))
		if kind, at, text := sent.next(t); kind != kindStdout || text != "forged" || at != max(timeNs, 0) {
			t.Errorf("%d: %c %d %s", timeNs, kind, at, text)
		}
	}
}

func TestMergedTimesNeverGoBack(t *testing.T) {
	toStdout, toStderr, sent, _ := merging(t, &run{left: 1 << 30})
	toStderr.Write(frame(5, "framed"))
	sent.next(t)
	toStdout.WriteString("by a raw system call")
	if _, at, _ := sent.next(t); at != 5 {
		t.Errorf("%d", at)
	}
}

func TestMergeTellsWhatIsLate(t *testing.T) {
	toStdout, toStderr, sent, endTime := merging(t, &run{left: 1 << 30, dumpLeft: 100, killedFor: "timeout"})
	toStderr.Write(frame(1, "in time"))
	if kind, _, text := sent.next(t); kind != kindStderr || text != "in time" {
		t.Errorf("%c %s", kind, text)
	}
	endTime()
	toStdout.Write(frame(1, "no output any more"))
	toStderr.Write(frame(1, "the dump"))
	if kind, _, text := sent.next(t); kind != kindDump || text != "the dump" {
		t.Errorf("%c %s", kind, text)
	}
}

func TestForgedTimesDoNotReorderAStream(t *testing.T) {
	toStdout, _, sent, _ := merging(t, &run{left: 1 << 30})
	toStdout.Write(append(frame(5, "first"), frame(2, "second")...))
	if _, at, text := sent.next(t); at != 5 || text != "firstsecond" {
		t.Errorf("%d %s", at, text)
	}
}
