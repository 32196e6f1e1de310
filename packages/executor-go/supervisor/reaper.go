package main

import (
	"syscall"
	"time"
	"unsafe"
)

// saidTime is how long a sandbox that has ended may keep us from telling so because another process still holds its stderr.
const saidTime = time.Second

// reap takes in all sandboxes that have ended.
func (s *spawner) reap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		pid := nextEnded()
		if pid == 0 {
			break
		}
		// bubblewrap's child waits for bubblewrap for ever, where bubblewrap was killed before it let the child go on. As long
		// as bubblewrap is not reaped, the number of its process group is not given to another.
		syscall.Kill(-pid, syscall.SIGKILL)
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil); err != nil {
			continue
		}
		if child, known := s.running[pid]; known {
			s.ended(child, status)
		}
	}
	if len(s.running) == 0 {
		s.none.Signal()
	}
}

// nextEnded is a child of this process that has ended, and is not reaped by this; 0: there is none.
func nextEnded() int {
	const (
		allChildren = 0          // P_ALL
		noWait      = 0x01000000 // WNOWAIT
		exited      = 4          // WEXITED
	)
	// siginfo_t, on 64 bits: what is told of a child follows signal, error and code, and the padding behind them.
	var info struct {
		_   [4]int32
		pid int32
		_   [108]byte
	}
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, allChildren, 0, uintptr(unsafe.Pointer(&info)),
			exited|noWait|syscall.WNOHANG, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			return 0 // ECHILD
		}
		return int(info.pid)
	}
}

// ended tells how a sandbox ended.
func (s *spawner) ended(child *offspring, status syscall.WaitStatus) {
	delete(s.running, child.pid)
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
		select {
		case exit.Said = <-child.said:
		case <-time.After(saidTime):
		}
		s.memory.remove(child.memory)
		s.tell(spawned{Key: child.key, Exit: exit})
	}()
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
