package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"syscall"
)

// offspring is a sandbox that runs.
type offspring struct {
	key  string
	pid  int
	said chan string
	// first is the first process in its namespace of processes; nil as long as that is not known, and where it has none.
	first *os.Process
	// memory is its own file system in memory; nil: it has none.
	memory *memoryOrder
}

// readied is a sandbox that can be started.
type readied struct {
	order spawnOrder
	files *spawnFiles
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
		s.tellNotStarted(order.Key, err)
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
		Sys: &syscall.SysProcAttr{
			// A group of its own, so that one kill reaches all of it also while it starts; in this process's session, so that
			// the server finds it when this process has died.
			Setpgid: true,
			// bubblewrap asks for this itself, but late: until then it would outlive this process.
			Pdeathsig: syscall.SIGKILL,
		},
	}
	command, argv := order.Command, append([]string{cmp.Or(order.Title, order.Command)}, order.Args...)
	if len(order.Groups) > 0 {
		command, argv = entering(order, argv)
	} else if order.UID != 0 {
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
	pid, err := syscall.ForkExec(command, argv, attr)
	if err != nil {
		s.memory.remove(order.Memory)
		return &os.PathError{Op: "starting", Path: command, Err: err}
	}
	child := &offspring{key: order.Key, pid: pid, said: make(chan string, 1), memory: order.Memory}
	s.running[pid], s.byKey[order.Key] = child, child
	stderr, status := files.keep(&files.stderr), files.keep(&files.status)
	go s.introduce(order, pid, status)
	go func() { child.said <- firstOf(stderr) }()
	return nil
}

// introduce tells the first process of a sandbox, if there is one. It is in its control groups: the command was, before it
// was executed.
func (s *spawner) introduce(order spawnOrder, pid int, status io.ReadCloser) {
	if order.HasStatus {
		if pid = firstFrom(status); pid == 0 {
			return
		}
		s.know(order.Key, pid)
	}
	s.tell(spawned{Key: order.Key, PID: pid})
}

// know keeps hold of the first process of a sandbox: its number alone may be another process's one day.
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
