package main

import (
	"encoding/json"
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
	// Title is the command's argv[0]; empty: the command.
	Title string   `json:"title"`
	Args  []string `json:"args"`
	// UID is the user as whom it is started; 0: as this process.
	UID uint32 `json:"uid"`
	// Artifact names the file that is descriptor 5, Filter that which is descriptor 6; empty: none.
	Artifact string `json:"artifact"`
	Filter   string `json:"filter"`
	// HasStatus says that the command tells on descriptor 4, as bubblewrap does, which process is the sandbox's first. Else
	// it is the command's.
	HasStatus bool `json:"hasStatus"`
	// Groups are its control groups, which are made here; the command is in them before it is executed.
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
			s.tellNotStarted(next.order.Key, err)
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
			// Creating a control group can block for milliseconds.
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

func (s *spawner) remove(order spawnOrder) {
	told := &removal{}
	if err := order.Remove.remove(); err != nil {
		told.Failed = err.Error()
	}
	s.tell(spawned{Key: order.Key, Removed: told})
}

func (s *spawner) tellNotStarted(key string, err error) {
	s.tell(spawned{Key: key, Exit: &spawnExit{Code: notStarted, Said: err.Error()}})
}

// tell says it to the server. A server that has gone needs no answer.
func (s *spawner) tell(what spawned) {
	s.outMu.Lock()
	defer s.outMu.Unlock()
	s.out.Encode(what)
}
