package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// What a fetch exceeded, as the server is told.
const (
	exceededBytes   = "bytes"
	exceededEntries = "entries"
)

// entryBytes is what an entry takes beside its blocks: its inode, and its name in its directory.
const entryBytes = 1024

// fetchMeter ends a process that writes too many bytes or makes too many entries. Bytes are what the process hands to the
// kernel (proc_pid_io(5)), the download included; entries are counted where they are made.
type fetchMeter struct {
	directory  string
	maxBytes   int64
	maxEntries int
	exceeded   string
	ended      chan struct{}
	stopped    chan struct{}
}

const (
	meterInterval = 20 * time.Millisecond
	// Counting entries takes at most a part of the time: one in so many.
	countShare = 10
)

func (meter *fetchMeter) watch(process *os.Process) {
	meter.ended, meter.stopped = make(chan struct{}), make(chan struct{})
	file := fmt.Sprintf("/proc/%d/io", process.Pid)
	if _, err := writtenBy(file); err != nil {
		// Without a limit nothing is fetched.
		process.Kill()
		fail(err)
	}
	go func() {
		defer close(meter.stopped)
		countAgain := time.Now().Add(10 * meterInterval)
		for {
			if written, err := writtenBy(file); err == nil && written > meter.maxBytes {
				meter.exceeded = exceededBytes
			}
			if now := time.Now(); now.After(countAgain) {
				if meter.hasTooManyEntries() {
					meter.exceeded = exceededEntries
				}
				countAgain = time.Now().Add(max(10*meterInterval, countShare*time.Since(now)))
			}
			if meter.exceeded != "" {
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
}

// stop is to be called when the process has ended.
func (meter *fetchMeter) stop() {
	close(meter.ended)
	<-meter.stopped
}

func (meter *fetchMeter) hasTooManyEntries() bool {
	entries := 0
	filepath.WalkDir(meter.directory, func(string, fs.DirEntry, error) error {
		if entries++; entries > meter.maxEntries {
			return filepath.SkipAll
		}
		return nil
	})
	return entries > meter.maxEntries
}

// total is what the directory takes on disk when all has ended. Anything but files and directories is an error: the go
// command makes nothing else.
func (meter *fetchMeter) total() (size int64, entries int) {
	err := filepath.WalkDir(meter.directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() && !entry.Type().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a directory", path)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		entries++
		size += entryBytes
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			// In units of 512 bytes (stat(2)).
			size += stat.Blocks << 9
		}
		return nil
	})
	if err != nil {
		fail(err)
	}
	switch {
	case size > meter.maxBytes:
		meter.exceeded = exceededBytes
	case entries > meter.maxEntries:
		meter.exceeded = exceededEntries
	}
	return size, entries
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
