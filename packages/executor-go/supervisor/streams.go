package main

import (
	"os"
	"syscall"
)

// streams are the job's standard streams: real pipes, which a program can also open as /dev/stdout.
type streams struct {
	stdout, stderr *inlet
	stdin          *os.File // our end; nil where the job gets no input
	jobEnds        [3]*os.File
}

func openStreams(input bool) (*streams, error) {
	in, feed, err := openStdin(input)
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
		stdin:   feed,
		jobEnds: [3]*os.File{in, stdoutEnd, stderrEnd},
	}, nil
}

func openStdin(input bool) (in, feed *os.File, err error) {
	if input {
		return os.Pipe()
	}
	in, err = os.Open(os.DevNull)
	return in, nil, err
}

// feed gives the job its input, and then its end.
func (s *streams) feed(input []byte) {
	if s.stdin == nil {
		return
	}
	go func() {
		// A job that does not read all of its input is no failure.
		s.stdin.Write(input)
		s.stdin.Close()
	}()
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
