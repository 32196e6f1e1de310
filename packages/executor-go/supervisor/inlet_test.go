package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

func aPipe(t *testing.T, kind byte) (*inlet, *os.File) {
	t.Helper()
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close(); to.Close() })
	return &inlet{kind: kind, file: from}, to
}

func TestInletKnowsWhatWasWrittenInTime(t *testing.T) {
	in, to := aPipe(t, kindStdout)
	to.WriteString("in time")
	buffer := make([]byte, 3)
	if count, late, err := in.wait(buffer); count != 3 || late || err != nil {
		t.Fatal(count, late, err)
	}
	if err := in.endTime(); err != nil {
		t.Fatal(err)
	}
	to.WriteString(" and late")
	to.Close()
	var told []string
	buffer = make([]byte, 100)
	for {
		count, late, err := in.wait(buffer)
		if err != nil {
			t.Fatal(err)
		}
		if count == 0 {
			break
		}
		if text := string(buffer[:count]); late {
			told = append(told, "late:"+text)
		} else {
			told = append(told, text)
		}
	}
	if got := strings.Join(told, "|"); got != "time|late: and late" {
		t.Errorf("%q", got)
	}
}

func TestInletThatHasEndedNeedsNoTelling(t *testing.T) {
	in, _ := aPipe(t, kindStdout)
	in.close()
	if err := in.endTime(); err != nil {
		t.Error(err)
	}
}

// Whoever writes as fast as we read must not keep us from sending what has come.
func TestDrainEndsBesideAWriterThatDoesNot(t *testing.T) {
	in, to := aPipe(t, kindStdout)
	capacity, _, errno := syscall.Syscall(syscall.SYS_FCNTL, to.Fd(), syscall.F_SETPIPE_SZ, 4096)
	if errno != 0 {
		t.Fatal(errno)
	}
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		for block := make([]byte, 1<<20); ; {
			if _, err := to.Write(block); err != nil {
				return
			}
		}
	}()
	d := newDrain(in)
	for range 1000 {
		total := 0
		for _, piece := range d.read() {
			total += len(piece.data)
		}
		if total > int(capacity)+chunkBytes {
			t.Fatalf("%d bytes in one round, of a pipe that holds %d", total, capacity)
		}
	}
	in.file.Close()
	<-writing
}
