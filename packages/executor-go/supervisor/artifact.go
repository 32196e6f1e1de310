package main

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// handOver copies a finished job's artifact, if it is no larger than limit, to the server's file. Nobody else is left in the sandbox that could
// exchange it meanwhile; O_NOFOLLOW and the check of its type guard against what it was before.
func handOver(path string, limit int64) (int64, error) {
	from, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s is not a regular file", path)
	}
	if info.Size() > limit {
		return 0, fmt.Errorf("%s has %d bytes, more than %d", path, info.Size(), limit)
	}
	to := os.NewFile(artifactFd, "artifact")
	count, err := io.Copy(serverFile{to}, from)
	if err := to.Close(); err != nil {
		return count, hostError{err}
	}
	return count, err
}

// hostError is a failure of the server's file, which is not the job's fault.
type hostError struct {
	error
}

type serverFile struct {
	file *os.File
}

func (to serverFile) Write(data []byte) (int, error) {
	count, err := to.file.Write(data)
	if err != nil {
		err = hostError{err}
	}
	return count, err
}
