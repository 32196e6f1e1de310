package main

import (
	"strings"
	"testing"
)

const summary = `sockets: used 7
TCP: inuse 3 orphan 999 tw 5 alloc 999 mem 999
UDP: inuse 1 mem 999
UDPLITE: inuse 0
RAW: inuse 9
FRAG: inuse 8 memory 999
TCP6: inuse 2
UDP6: inuse 1
`

func TestSocketsAreThoseOfTheNamespace(t *testing.T) {
	if got, want := summedUp([]byte(summary)), (sockets{open: 7, closed: 5, internet: 7}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := summedUp(nil); got != (sockets{}) {
		t.Errorf("got %+v of a kernel that says nothing", got)
	}
}

func TestSocketsTakeMemoryEachAndAreLimited(t *testing.T) {
	if got := (sockets{open: 2, closed: 1}).bytes(); got != 3*socketBytes {
		t.Errorf("three take %d bytes", got)
	}
	for _, count := range []sockets{{open: maxSockets}, {closed: maxClosed}} {
		if count.tooMany() {
			t.Errorf("%+v is too many", count)
		}
	}
	for _, count := range []sockets{{open: maxSockets + 1}, {closed: maxClosed + 1}} {
		if !count.tooMany() {
			t.Errorf("%+v is not too many", count)
		}
	}
}

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000 65534        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:D2F4 01 00000010:00000100 00:00000000 00000000 65534        0 2 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:D2F6 01 00000001:00000000 00:00000000 00000000 65534        0 3 1 0 20 4 30 10 -1
`

func TestQueuesOfATableAreSummedUp(t *testing.T) {
	if got := queuedIn(strings.NewReader(table), 1<<20); got != 0x3+0x10+0x100+0x1 {
		t.Errorf("got %d", got)
	}
}

func TestQueuesAreNotSummedUpFartherThanTheLimit(t *testing.T) {
	if got := queuedIn(strings.NewReader(table), 5); got != 0x3+0x10+0x100 {
		t.Errorf("got %d", got)
	}
}
