package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// job is what to run. It arrives as a length (uint32, big endian), this struct as JSON, and then the bytes of each file
// and of stdin, in order.
type job struct {
	// Ahead says that this starts the process, and that the work which it waits for on its stdin comes as a second job;
	// that one starts nothing.
	Ahead bool `json:"ahead"`
	// Launcher says that this starts the launcher, which becomes the process of the second job, and nothing else.
	Launcher    bool     `json:"launcher"`
	Dir         string   `json:"dir"`
	Cwd         string   `json:"cwd"`
	Files       []file   `json:"files"`
	Argv        []string `json:"argv"`
	Env         []string `json:"env"`
	StdinBytes  int      `json:"stdinBytes"`
	TimeoutMs   int64    `json:"timeoutMs"`
	OutputBytes int64    `json:"outputBytes"` // stdout and stderr together
	Limits      limits   `json:"limits"`
	// Filter is the system call filter of the process alone, as an array of struct sock_filter; absent: none.
	Filter []byte `json:"filter"`
	// CPUMs is the processor time of all its processes together; 0: no limit.
	CPUMs int64 `json:"cpuMs"`
	// DiskBytes is how much all that it writes may take; 0: as much as there is.
	DiskBytes int64 `json:"diskBytes"`
	// MemoryBytes is how much it may have of what the supervisor counts, see watchMemory; 0: as much as there is.
	MemoryBytes int64 `json:"memoryBytes"`
	// CountPages says that no control group counts the memory of its processes.
	CountPages bool `json:"countPages"`
	// MaxFiles is how many files it may have; 0: as many as there can be.
	MaxFiles int64 `json:"maxFiles"`
	// DumpBytes is how much is kept of what a job says when its time is up and it is asked for its goroutines; 0: it is
	// not asked, but killed at once.
	DumpBytes int64 `json:"dumpBytes"`
	// FakeClock says that the job was built for the fake clock, and frames its output.
	FakeClock bool `json:"fakeClock"`
	// Artifact names the file that a successful job leaves for the server; it is copied to artifactFd.
	Artifact string `json:"artifact"`
	// ArtifactBytes is how large that may be.
	ArtifactBytes int64 `json:"artifactBytes"`

	stdin []byte
}

type file struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
	data  []byte
}

const (
	maxHeaderBytes = 16 << 20
	maxDataBytes   = 256 << 20
)

func readJob(from io.Reader) (*job, error) {
	var size uint32
	if err := binary.Read(from, binary.BigEndian, &size); err != nil {
		return nil, err
	}
	if size > maxHeaderBytes {
		return nil, errors.New("the job's header is too large")
	}
	header, err := readBytes(from, int(size))
	if err != nil {
		return nil, err
	}
	work := new(job)
	if err := json.Unmarshal(header, work); err != nil {
		return nil, err
	}
	for i := range work.Files {
		if work.Files[i].data, err = readBytes(from, work.Files[i].Bytes); err != nil {
			return nil, err
		}
	}
	if work.Limits.Processes > 0 {
		work.Limits.Processes += uint64(confined.others())
	}
	work.stdin, err = readBytes(from, work.StdinBytes)
	return work, err
}

func readBytes(from io.Reader, count int) ([]byte, error) {
	if count < 0 || count > maxDataBytes {
		return nil, errors.New("a part of the job is too large")
	}
	data := make([]byte, count)
	_, err := io.ReadFull(from, data)
	return data, err
}

// writeFiles puts the job's files below its directory. Their names have been checked by the server; os.Root refuses
// what would still escape.
func (work *job) writeFiles() error {
	if err := os.MkdirAll(work.Dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(work.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, file := range work.Files {
		if err := makeParents(root, filepath.Dir(file.Path)); err != nil {
			return err
		}
		to, err := root.OpenFile(file.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = to.Write(file.data)
		if err := errors.Join(err, to.Close()); err != nil {
			return err
		}
	}
	return nil
}

func makeParents(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	if err := makeParents(root, filepath.Dir(dir)); err != nil {
		return err
	}
	if err := root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}
