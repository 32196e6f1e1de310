package main

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"sync"
)

// A frame is a kind (1 byte), a time in nanoseconds since the job's start (int64), a length (uint32), both big endian,
// and that many bytes.
const (
	kindReady   = 'r' // the sandbox stands and waits for its job
	kindStdout  = 'o'
	kindStderr  = 'e'
	kindDump    = 'd' // what the job says when it is asked for its goroutines
	kindEnded   = 'x'
	frameHeader = 1 + 8 + 4
)

type frameWriter struct {
	mu sync.Mutex
	to io.Writer
}

// send writes a frame whose payload stands in buffer behind room for the header.
func (w *frameWriter) send(kind byte, timeNs int64, buffer []byte) error {
	buffer[0] = kind
	binary.BigEndian.PutUint64(buffer[1:], uint64(timeNs))
	binary.BigEndian.PutUint32(buffer[9:], uint32(len(buffer)-frameHeader))
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.to.Write(buffer)
	return err
}

func (w *frameWriter) ready() error {
	return w.send(kindReady, 0, make([]byte, frameHeader))
}

// ended is how a job ended. The signal is a number, as the kernel gave it.
type ended struct {
	// Failure says why the job could not be started; the other fields are then void.
	Failure string `json:"failure,omitempty"`
	// Unstartable says why the kernel would not execute the program.
	Unstartable string `json:"unstartable,omitempty"`
	ExitCode    int    `json:"exitCode"`
	Signal      int    `json:"signal"`
	// KilledFor is "timeout", "cpu", "disk", "files" or "output" when the supervisor ended the job for one of its limits.
	KilledFor     string `json:"killedFor,omitempty"`
	WallNs        int64  `json:"wallNs"`
	CPUNs         int64  `json:"cpuNs"`
	PeakBytes     int64  `json:"peakBytes"`
	DroppedBytes  int64  `json:"droppedBytes"`
	ArtifactBytes int64  `json:"artifactBytes"`
	// ArtifactFailure says why a job that succeeded left no artifact.
	ArtifactFailure string `json:"artifactFailure,omitempty"`
	// HostFailure says why the server's file could not take it, as when its disk is full.
	HostFailure string `json:"hostFailure,omitempty"`
}

func (w *frameWriter) end(result ended) error {
	payload, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return w.send(kindEnded, result.WallNs, append(make([]byte, frameHeader), payload...))
}
