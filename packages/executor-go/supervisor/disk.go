package main

import (
	"runtime"
	"syscall"
	"time"
)

// scratch is the only file system that a job can write to.
const scratch = "/tmp"

const (
	// fastestFill is more than a processor fills in a second, in bytes: it has to clear each page first.
	fastestFill = 8 << 30
	diskTick    = 5 * time.Millisecond
)

// watchDisk ends the job when it keeps more in its files than it may. It looks again when they could be too large at the
// earliest. The file system itself is larger than that, so that no tool meets its end first: from what a tool then says,
// nobody could tell why.
func (r *run) watchDisk(limit int64, done <-chan struct{}) {
	for left := limit; ; left = limit - diskUsed() {
		if left < 0 {
			r.kill("disk")
			return
		}
		earliest := time.Duration(left) * time.Second / fastestFill / time.Duration(runtime.NumCPU())
		select {
		case <-done:
			return
		case <-time.After(max(earliest, diskTick)):
		}
	}
}

// diskUsed is how much is in use of the scratch file system, in bytes.
func diskUsed() int64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(scratch, &stat); err != nil {
		panic("asking how much of the disk is in use: " + err.Error())
	}
	return int64(stat.Blocks-stat.Bfree) * int64(stat.Bsize)
}
