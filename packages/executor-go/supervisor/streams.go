package main

import (
	"os"
	"syscall"
)

// streams are the job's standard streams: real pipes, which a program can also open as /dev/stdout.
type streams struct {
	stdout, stderr *inlet
	jobEnds        [3]*os.File
}

func openStreams(stdin []byte) (*streams, error) {
	in, err := openStdin(stdin)
	if err != nil {
		return nil, err
	}
	stdout, stdoutEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	stderr, stderrEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &streams{
		stdout:  &inlet{kind: kindStdout, file: stdout},
		stderr:  &inlet{kind: kindStderr, file: stderr},
		jobEnds: [3]*os.File{in, stdoutEnd, stderrEnd},
	}, nil
}

func openStdin(data []byte) (*os.File, error) {
	if len(data) == 0 {
		return os.Open(os.DevNull)
	}
	in, feed, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		// A job that does not read all of its input is no failure.
		feed.Write(data)
		feed.Close()
	}()
	return in, nil
}

// ofJob are the descriptors 0, 1 and 2 of the job.
func (s *streams) ofJob() []uintptr {
	descriptors := make([]uintptr, len(s.jobEnds))
	for i, end := range s.jobEnds {
		fd := end.Fd() // sets blocking mode: the job shares the file description
		syscall.SetNonblock(int(fd), false)
		descriptors[i] = fd
	}
	return descriptors
}

func (s *streams) closeJobEnds() {
	for _, end := range s.jobEnds {
		end.Close()
	}
}
