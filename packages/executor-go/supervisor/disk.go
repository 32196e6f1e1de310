package main

import (
	"runtime"
	"time"
)

const (
	// fastestFill is more than a processor fills in a second, in bytes: it has to clear each page first.
	fastestFill = 8 << 30
	diskTick    = 5 * time.Millisecond
)

// watchDisk ends the job when it keeps more in its files than it may. It looks again when they could be too large at the
// earliest. The file system itself is larger than that, so that no tool meets its end first: from what a tool then says,
// nobody could tell why.
func (r *run) watchDisk(limit int64, done <-chan struct{}) {
	for {
		began := time.Now()
		left := limit - confined.diskUsed()
		if left < 0 {
			r.kill("disk")
			return
		}
		earliest := time.Duration(left) * time.Second / fastestFill / time.Duration(runtime.NumCPU())
		select {
		case <-done:
			return
		// Where looking takes long, it is not done all the time.
		case <-time.After(max(earliest, diskTick, 10*time.Since(began))):
		}
	}
}
