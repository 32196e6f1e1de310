package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// The spawner starts sandboxes for the server. A fork of the server's own process copies its page tables and holds up all
// that it does meanwhile; one of this small process does not.
//
// It reads orders from stdin and tells what becomes of them on stdout, both as lines of JSON. A sandbox's control socket is
// a connection to the server, which begins with the sandbox's key; the server knows by it whose it is, and that it comes
// from here. When stdin ends the server has gone or is done: all that is left has lost its control sockets, and ends.

// spawnOrder is one sandbox to start, or one to kill.
type spawnOrder struct {
	// Key is what the server calls the sandbox: nobody else knows it.
	Key string `json:"key"`
	// Kill says that the sandbox of this key is to be killed, with its process group; nothing else counts then.
	Kill    bool     `json:"kill"`
	Command string   `json:"command"`
	Args    []string `json:"args"`
	// UID is the user as whom it is started; 0: as this process.
	UID uint32 `json:"uid"`
	// Artifact names the file that is descriptor 5, Filter that which is descriptor 6; empty: none.
	Artifact string `json:"artifact"`
	Filter   string `json:"filter"`
	// HasStatus says that the command tells on descriptor 4, as bubblewrap does, which process is the sandbox's first. Else
	// it is the command's.
	HasStatus bool `json:"hasStatus"`
}

// spawned is what is told of a sandbox: its first process, and then how the command ended.
type spawned struct {
	Key  string     `json:"key"`
	PID  int        `json:"pid,omitempty"`
	Exit *spawnExit `json:"exit,omitempty"`
}

type spawnExit struct {
	Code   int `json:"code"`
	Signal int `json:"signal,omitempty"`
	// Said is what it wrote to stderr, or why it was not started.
	Said string `json:"said"`
}

const (
	maxSaidBytes = 2_048
	notStarted   = -1 // instead of an exit code
	// How long what is left may take to end by itself when the server has gone; it takes some milliseconds.
	leftTime = 2 * time.Second
)

// offspring is one that runs.
type offspring struct {
	key  string
	said chan string
}

type spawner struct {
	server string // the address of its socket

	mu      sync.Mutex // held while one is started or reaped, so that no kill meets another's pid
	running map[int]offspring
	pids    map[string]int
	none    *sync.Cond // signalled when nothing runs any more

	outMu sync.Mutex
	out   *json.Encoder
}

// spawn is the whole process.
func spawn(server string) {
	// Processes that die with their parent die with the thread that started them: this one lives as long as the process.
	runtime.LockOSThread()
	closeInheritedOnExec()
	s := &spawner{server: server, running: map[int]offspring{}, pids: map[string]int{}, out: json.NewEncoder(os.Stdout)}
	s.none = sync.NewCond(&s.mu)
	signals := make(chan os.Signal, 1)
	// SIGPIPE: the server may go while it is told something.
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGPIPE)
	go func() {
		for range signals {
			s.reap()
		}
	}()
	for orders := json.NewDecoder(os.Stdin); ; {
		var order spawnOrder
		if orders.Decode(&order) != nil {
			break
		}
		if order.Kill {
			s.kill(order.Key)
		} else if err := s.start(order); err != nil {
			s.tell(spawned{Key: order.Key, Exit: &spawnExit{Code: notStarted, Said: err.Error()}})
		}
	}
	time.AfterFunc(leftTime, s.killAll)
	s.mu.Lock()
	for len(s.running) > 0 {
		s.none.Wait()
	}
	os.Exit(0)
}

func (s *spawner) start(order spawnOrder) error {
	files, err := s.filesFor(order)
	defer files.close()
	if err != nil {
		return err
	}
	attr := &syscall.ProcAttr{
		Dir: "/",
		// Empty: that of the first process can be read in the sandbox, as /proc/1/environ.
		Env:   []string{},
		Files: files.ofJob(),
		// A group of its own, so that one kill reaches all of it also while it starts.
		Sys: &syscall.SysProcAttr{Setsid: true},
	}
	if order.UID != 0 {
		attr.Sys.Credential = &syscall.Credential{Uid: order.UID, Gid: order.UID}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pid, err := syscall.ForkExec(order.Command, append([]string{order.Command}, order.Args...), attr)
	if err != nil {
		return &os.PathError{Op: "starting", Path: order.Command, Err: err}
	}
	child := offspring{key: order.Key, said: make(chan string, 1)}
	s.running[pid], s.pids[order.Key] = child, pid
	go func(stderr io.ReadCloser) { child.said <- firstOf(stderr) }(files.keep(&files.stderr))
	if order.HasStatus {
		go func(status io.ReadCloser) { s.tellFirst(order.Key, status) }(files.keep(&files.status))
	} else {
		s.tell(spawned{Key: order.Key, PID: pid})
	}
	return nil
}

// tellFirst tells the first process of a sandbox, by bubblewrap's status, which it reads to its end.
func (s *spawner) tellFirst(key string, status io.ReadCloser) {
	defer status.Close()
	for reports := json.NewDecoder(status); ; {
		var report struct {
			ChildPID int `json:"child-pid"`
		}
		if reports.Decode(&report) != nil {
			return
		}
		if report.ChildPID > 0 {
			s.tell(spawned{Key: key, PID: report.ChildPID})
		}
	}
}

// reap takes in all that have ended.
func (s *spawner) reap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			break
		}
		child, known := s.running[pid]
		if !known {
			continue
		}
		delete(s.running, pid)
		delete(s.pids, child.key)
		exit := &spawnExit{}
		if status.Signaled() {
			exit.Signal = int(status.Signal())
		} else {
			exit.Code = status.ExitStatus()
		}
		go func() {
			exit.Said = <-child.said
			s.tell(spawned{Key: child.key, Exit: exit})
		}()
	}
	if len(s.running) == 0 {
		s.none.Signal()
	}
}

func (s *spawner) kill(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if pid, runs := s.pids[key]; runs {
		syscall.Kill(-pid, syscall.SIGKILL)
	}
}

func (s *spawner) killAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pid := range s.running {
		syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// tell says it to the server; there is nobody to tell that it has gone.
func (s *spawner) tell(what spawned) {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	s.out.Encode(what)
}

// firstOf reads to the end and keeps the beginning.
func firstOf(from io.ReadCloser) string {
	defer from.Close()
	var said bytes.Buffer
	io.CopyN(&said, from, maxSaidBytes)
	io.Copy(io.Discard, from)
	return said.String()
}

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
