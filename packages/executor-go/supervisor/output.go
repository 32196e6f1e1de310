package main

import (
	"os"
	"sync"
	"time"
)

const chunkBytes = 32 << 10

// pumps forwards the job's output until its last writer is gone.
func (r *run) pumps(streams *streams, fakeClock bool) *sync.WaitGroup {
	pumps := new(sync.WaitGroup)
	start := func(pump func()) {
		pumps.Add(1)
		go func() {
			defer pumps.Done()
			pump()
		}()
	}
	if fakeClock {
		start(func() { r.merge(streams.stdout, streams.stderr) })
	} else {
		start(func() { r.pump(streams.stdout) })
		start(func() { r.pump(streams.stderr) })
	}
	return pumps
}

// pump sends what the job writes to one stream until its last writer is gone.
func (r *run) pump(in *inlet) {
	defer in.close()
	buffer := make([]byte, frameHeader+chunkBytes)
	for {
		count, late, err := in.wait(buffer[frameHeader:])
		if err != nil || count == 0 {
			return
		}
		r.send(output{kind: in.kind, late: late, timeNs: time.Since(r.started).Nanoseconds()}, buffer[:frameHeader+count])
	}
}

// output is what there is to say of a piece of it.
type output struct {
	kind   byte
	late   bool // written after the job's time was up
	timeNs int64
}

// send sends output, as much of it as still fits; it stands in buffer behind room for the header.
func (r *run) send(what output, buffer []byte) {
	kind, kept := r.admit(what, len(buffer)-frameHeader)
	if kept == 0 {
		return
	}
	if r.out.send(kind, what.timeNs, buffer[:frameHeader+kept]) != nil {
		os.Exit(1) // the server has gone
	}
}

// admit counts output and answers as what, and how much of it, is kept; the first byte too many ends the job.
func (r *run) admit(what output, count int) (kind byte, kept int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if what.late && what.kind == kindStdout {
		return kindDump, 0 // nobody wants it, and no limit took it
	}
	kind, left := what.kind, &r.left
	if what.late {
		kind, left = kindDump, &r.dumpLeft
	}
	kept = int(min(int64(count), *left))
	*left -= int64(kept)
	over := count - kept
	r.dropped += int64(over)
	if over > 0 {
		r.killLocked("output")
	}
	return kind, kept
}
