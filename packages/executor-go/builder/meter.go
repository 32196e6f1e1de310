package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// writeMeter ends a process that writes too much. It counts what the process hands to the kernel (proc_pid_io(5)): the
// module cache is shared, so that its size tells nothing about one process.
type writeMeter struct {
	written  int64
	exceeded bool
	ended    chan struct{}
	stopped  chan struct{}
}

const meterInterval = 20 * time.Millisecond

func meterWrites(process *os.Process, maxBytes int64) *writeMeter {
	meter := &writeMeter{ended: make(chan struct{}), stopped: make(chan struct{})}
	file := fmt.Sprintf("/proc/%d/io", process.Pid)
	if _, err := writtenBy(file); err != nil {
		// Without a limit nothing is fetched.
		process.Kill()
		fail(err)
	}
	go func() {
		defer close(meter.stopped)
		for {
			if written, err := writtenBy(file); err == nil {
				meter.written = max(meter.written, written)
			}
			if meter.written > maxBytes {
				meter.exceeded = true
				process.Kill()
				return
			}
			select {
			case <-meter.ended:
				return
			case <-time.After(meterInterval):
			}
		}
	}()
	return meter
}

// stop is to be called when the process has ended.
func (meter *writeMeter) stop(process *os.ProcessState) (written int64, exceeded bool) {
	close(meter.ended)
	<-meter.stopped
	if usage, ok := process.SysUsage().(*syscall.Rusage); ok {
		// In blocks of 512 bytes (getrusage(2)); it also knows of the end, which nobody looked at.
		meter.written = max(meter.written, usage.Oublock<<9)
	}
	return meter.written, meter.exceeded
}

func writtenBy(file string) (int64, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(content, []byte("wchar: "))
	number, _, _ := bytes.Cut(rest, []byte("\n"))
	return strconv.ParseInt(string(number), 10, 64)
}
