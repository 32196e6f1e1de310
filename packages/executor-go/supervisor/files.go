package main

import "time"

// filesTick is how often they are counted: a program makes some hundred files in that time.
const filesTick = 5 * time.Millisecond

// watchFiles ends the job when it has more files than it may. Each takes about 1 KiB of the kernel's memory, which is not
// the job's where no control group counts, and the size of its file system is no bound for empty ones.
func (r *run) watchFiles(limit int64, done <-chan struct{}) {
	ticks := time.NewTicker(filesTick)
	defer ticks.Stop()
	for {
		if confined.filesUsed() > limit {
			r.kill("files")
			return
		}
		select {
		case <-done:
			return
		case <-ticks.C:
		}
	}
}
