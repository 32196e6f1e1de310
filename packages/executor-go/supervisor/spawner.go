package main

import (
	"encoding/json"
	"errors"
	"io"
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

// spawnOrder is one sandbox to start, one to kill, or one whose control groups are to be removed.
type spawnOrder struct {
	// Key is what the server calls the sandbox: nobody else knows it.
	Key string `json:"key"`
	// Kill says that the sandbox of this key is to be killed; nothing else counts then.
	Kill bool `json:"kill"`
	// Remove are the control groups to be removed; nothing else counts then.
	Remove groups `json:"remove"`
	// Install is a program to be put into a file system in memory; nothing else counts then.
	Install *installOrder `json:"install"`
	Command string        `json:"command"`
	Args    []string      `json:"args"`
	// UID is the user as whom it is started; 0: as this process.
	UID uint32 `json:"uid"`
	// Artifact names the file that is descriptor 5, Filter that which is descriptor 6; empty: none.
	Artifact string `json:"artifact"`
	Filter   string `json:"filter"`
	// HasStatus says that the command tells on descriptor 4, as bubblewrap does, which process is the sandbox's first. Else
	// it is the command's.
	HasStatus bool `json:"hasStatus"`
	// Groups are its control groups, which are made here; its first process is in them before anything is told of it.
	Groups groups `json:"groups"`
	// Memory is the file system in memory that it has for itself; nil: none. It goes when the sandbox has ended.
	Memory *memoryOrder `json:"memory"`
}

// spawned is what is told of a sandbox: its first process, how the command ended, and that its control groups have gone.
type spawned struct {
	Key     string     `json:"key"`
	PID     int        `json:"pid,omitempty"`
	Exit    *spawnExit `json:"exit,omitempty"`
	Removed *removal   `json:"removed,omitempty"`
	// Installed is what became of a program that was to be put into its file system in memory.
	Installed *installed `json:"installed,omitempty"`
}

type removal struct {
	// Failed is why they are still there; empty: they are not.
	Failed string `json:"failed"`
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
	pid  int
	said chan string
	// first is the first process in its namespace of processes; nil as long as that is not known, and where it has none.
	first *os.Process
	// memory is its own file system in memory; nil: it has none.
	memory *memoryOrder
}

// readied is one that can be started.
type readied struct {
	order spawnOrder
	files *spawnFiles
}

type spawner struct {
	server string // the address of its socket
	memory *memoryFiles

	mu      sync.Mutex // held while one is started or reaped, so that no kill meets another's pid
	running map[int]*offspring
	byKey   map[string]*offspring
	// coming are those that are being prepared, by key, and whether they have been killed meanwhile.
	coming map[string]bool
	none   *sync.Cond // signalled when nothing runs any more

	outMu sync.Mutex
	out   *json.Encoder
}

// spawn is the whole process.
func spawn(server string, memory *memoryFiles) {
	// Processes that die with their parent die with the thread that started them: this one lives as long as the process.
	runtime.LockOSThread()
	closeInheritedOnExec()
	s := &spawner{
		server: server, memory: memory, running: map[int]*offspring{}, byKey: map[string]*offspring{}, coming: map[string]bool{},
		out: json.NewEncoder(os.Stdout),
	}
	s.none = sync.NewCond(&s.mu)
	signals := make(chan os.Signal, 1)
	// SIGPIPE: the server may go while it is told something.
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGPIPE)
	go func() {
		for range signals {
			s.reap()
		}
	}()
	ready := make(chan readied)
	go s.obey(os.Stdin, ready)
	for next := range ready {
		if err := s.start(next); err != nil {
			s.tell(spawned{Key: next.order.Key, Exit: &spawnExit{Code: notStarted, Said: err.Error()}})
		}
	}
	time.AfterFunc(leftTime, s.killAll)
	s.mu.Lock()
	for len(s.running) > 0 {
		s.none.Wait()
	}
	os.Exit(0)
}

// obey carries out the orders that come, but for starting what is ready then.
func (s *spawner) obey(from io.Reader, ready chan<- readied) {
	var preparing sync.WaitGroup
	for orders := json.NewDecoder(from); ; {
		var order spawnOrder
		if orders.Decode(&order) != nil {
			break
		}
		switch {
		case order.Kill:
			s.kill(order.Key)
		case len(order.Remove) > 0:
			go s.remove(order)
		case order.Install != nil:
			go func() { s.tell(spawned{Key: order.Key, Installed: s.memory.install(order.Install)}) }()
		default:
			// Control groups may keep who makes one waiting until somebody else's have changed.
			s.expect(order.Key)
			preparing.Add(1)
			go func() {
				defer preparing.Done()
				s.prepare(order, ready)
			}()
		}
	}
	preparing.Wait()
	close(ready)
}

func (s *spawner) expect(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.coming[key] = false
}

func (s *spawner) prepare(order spawnOrder, ready chan<- readied) {
	files := &spawnFiles{}
	// Before the server hears of it by its connection: it may have a program to install then.
	err := s.memory.add(order.Memory)
	if err == nil {
		files, err = s.filesFor(order)
	}
	if err == nil {
		err = order.Groups.make()
	}
	if err != nil {
		files.close()
		s.memory.remove(order.Memory)
		s.mu.Lock()
		delete(s.coming, order.Key)
		s.mu.Unlock()
		s.tell(spawned{Key: order.Key, Exit: &spawnExit{Code: notStarted, Said: err.Error()}})
		return
	}
	ready <- readied{order: order, files: files}
}

func (s *spawner) start(next readied) error {
	order, files := next.order, next.files
	defer files.close()
	attr := &syscall.ProcAttr{
		Dir: "/",
		// Empty: that of the first process can be read in the sandbox, as /proc/1/environ.
		Env:   []string{},
		Files: files.ofJob(),
		// A group of its own, so that one kill reaches all of it also while it starts; in this process's session, so that the
		// server finds it when this process has died.
		Sys: &syscall.SysProcAttr{Setpgid: true},
	}
	if order.UID != 0 {
		attr.Sys.Credential = &syscall.Credential{Uid: order.UID, Gid: order.UID}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	killed := s.coming[order.Key]
	delete(s.coming, order.Key)
	if killed {
		s.memory.remove(order.Memory)
		return errors.New("killed before it was started")
	}
	pid, err := syscall.ForkExec(order.Command, append([]string{order.Command}, order.Args...), attr)
	if err != nil {
		s.memory.remove(order.Memory)
		return &os.PathError{Op: "starting", Path: order.Command, Err: err}
	}
	child := &offspring{key: order.Key, pid: pid, said: make(chan string, 1), memory: order.Memory}
	s.running[pid], s.byKey[order.Key] = child, child
	stderr, status := files.keep(&files.stderr), files.keep(&files.status)
	failed := make(chan string, 1)
	go func() {
		first := pid
		if order.HasStatus {
			first = firstFrom(status)
		}
		failed <- s.introduce(order, first)
	}()
	go func() {
		said := firstOf(stderr)
		child.said <- <-failed + said
	}()
	return nil
}

// introduce puts the first process of a sandbox, if there is one, into its control groups, and tells it. It answers why that
// failed; the sandbox is ended then.
func (s *spawner) introduce(order spawnOrder, pid int) (failed string) {
	if pid == 0 {
		return ""
	}
	if order.HasStatus {
		s.know(order.Key, pid)
	}
	if err := order.Groups.add(pid); err != nil {
		s.kill(order.Key)
		return err.Error() + "\n"
	}
	s.tell(spawned{Key: order.Key, PID: pid})
	return ""
}

// know keeps hold of the first process of a sandbox: by its number somebody else could be meant one day.
func (s *spawner) know(key string, pid int) {
	first, err := os.FindProcess(pid)
	if err != nil {
		return // then all of it is killed at once
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if child, runs := s.byKey[key]; runs {
		child.first = first
	} else {
		first.Release()
	}
}

// firstFrom reads which process is a sandbox's first off bubblewrap's status; 0: there never was one.
func firstFrom(status io.ReadCloser) int {
	for reports := json.NewDecoder(status); ; {
		var report struct {
			ChildPID int `json:"child-pid"`
		}
		if reports.Decode(&report) != nil {
			status.Close()
			return 0
		}
		if report.ChildPID > 0 {
			// It goes on to write how that ended.
			go func() {
				io.Copy(io.Discard, status)
				status.Close()
			}()
			return report.ChildPID
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
		delete(s.byKey, child.key)
		if child.first != nil {
			child.first.Release()
		}
		exit := &spawnExit{}
		if status.Signaled() {
			exit.Signal = int(status.Signal())
		} else {
			exit.Code = status.ExitStatus()
		}
		go func() {
			exit.Said = <-child.said
			s.memory.remove(child.memory)
			s.tell(spawned{Key: child.key, Exit: exit})
		}()
	}
	if len(s.running) == 0 {
		s.none.Signal()
	}
}

// kill ends a sandbox by its first process, with which everything in its namespace ends: bubblewrap, which waits for that,
// reaps it and follows. Killed itself, it would leave a zombie to whoever is pid 1 here, who may reap nobody.
func (s *spawner) kill(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, comes := s.coming[key]; comes {
		s.coming[key] = true
		return
	}
	child, runs := s.byKey[key]
	if !runs {
		return
	}
	if child.first == nil || child.first.Kill() != nil {
		syscall.Kill(-child.pid, syscall.SIGKILL)
	}
}

func (s *spawner) killAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pid := range s.running {
		syscall.Kill(-pid, syscall.SIGKILL)
	}
}

func (s *spawner) remove(order spawnOrder) {
	told := &removal{}
	if err := order.Remove.remove(); err != nil {
		told.Failed = err.Error()
	}
	s.tell(spawned{Key: order.Key, Removed: told})
}

// tell says it to the server; there is nobody to tell that it has gone.
func (s *spawner) tell(what spawned) {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	s.out.Encode(what)
}
