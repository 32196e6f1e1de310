package main

import (
	"bytes"
	"io"
	"net"
	"os"
)

// spawnFiles are the ends of what a sandbox is connected to.
type spawnFiles struct {
	stderr, status *os.File    // ours
	theirs         [7]*os.File // by the descriptor that it gets; 0, 1, and what is missing: nothing to read, nowhere to write
}

func (s *spawner) filesFor(order spawnOrder) (files *spawnFiles, err error) {
	files = &spawnFiles{}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return files, err
	}
	for fd := range files.theirs {
		files.theirs[fd] = null
	}
	if files.stderr, files.theirs[2], err = os.Pipe(); err != nil {
		return files, err
	}
	if files.theirs[3], err = s.connect(order.Key); err != nil {
		return files, err
	}
	if order.HasStatus {
		if files.status, files.theirs[4], err = os.Pipe(); err != nil {
			return files, err
		}
	}
	if order.Artifact != "" {
		if files.theirs[5], err = os.OpenFile(order.Artifact, os.O_WRONLY, 0); err != nil {
			return files, err
		}
	}
	if order.Filter != "" {
		// Opened for each: whoever reads it moves the position for all that have it.
		if files.theirs[6], err = os.Open(order.Filter); err != nil {
			return files, err
		}
	}
	return files, nil
}

// connect opens a sandbox's control socket.
func (s *spawner) connect(key string) (*os.File, error) {
	conn, err := net.Dial("unix", s.server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, key); err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn).File()
}

func (f *spawnFiles) ofJob() []uintptr {
	descriptors := make([]uintptr, len(f.theirs))
	for fd, file := range f.theirs {
		descriptors[fd] = file.Fd()
	}
	return descriptors
}

// keep takes a file out of those that close closes.
func (f *spawnFiles) keep(file **os.File) *os.File {
	kept := *file
	*file = nil
	return kept
}

func (f *spawnFiles) close() {
	for _, file := range append([]*os.File{f.stderr, f.status}, f.theirs[:]...) {
		if file != nil {
			file.Close() // the null device is there several times
		}
	}
}

// firstOf reads to the end and keeps the beginning.
func firstOf(from io.ReadCloser) string {
	defer from.Close()
	var said bytes.Buffer
	io.CopyN(&said, from, maxSaidBytes)
	io.Copy(io.Discard, from)
	return said.String()
}
