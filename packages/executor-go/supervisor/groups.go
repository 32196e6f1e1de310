package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// groups are the control groups of a sandbox: a folder in each of the hierarchies that limit it.
type groups []string

const groupMembers = "/cgroup.procs"

// make makes them, with what is above them.
func (g groups) make() error {
	for _, dir := range g {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// enter moves this process into them, and with it whatever it starts from then on.
func (g groups) enter() error {
	for _, dir := range g {
		members, err := os.OpenFile(dir+groupMembers, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = members.WriteString("0")
		if err := errors.Join(err, members.Close()); err != nil {
			return err
		}
	}
	return nil
}

const (
	// How often the removal of a group is tried again, with pauses of removalPause at most.
	removalAttempts = 500
	removalPause    = 20 * time.Millisecond
)

// remove ends whatever lives in them, and removes them.
func (g groups) remove() error {
	for _, dir := range g {
		if err := removeGroup(dir); err != nil {
			return err
		}
	}
	return nil
}

// removeGroup tries again as long as it must: a killed process stays in its group until it is reaped, which can take a
// moment; one that nobody has killed yet is killed here. A fork bomb can't outrun this for ever, since its group's limit on
// processes still holds.
func removeGroup(dir string) error {
	for attempt, pause := 0, time.Millisecond; ; attempt, pause = attempt+1, min(2*pause, removalPause) {
		err := syscall.Rmdir(dir)
		if err == nil || err == syscall.ENOENT {
			return nil
		}
		if (err != syscall.EBUSY && err != syscall.EINTR) || attempt >= removalAttempts {
			return &os.PathError{Op: "removing the control group", Path: dir, Err: err}
		}
		killMembers(dir)
		time.Sleep(pause)
	}
}

func killMembers(dir string) {
	text, _ := os.ReadFile(dir + groupMembers)
	for line := range strings.Lines(string(text)) {
		// 0 stands for a process that can't be seen from here.
		if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && pid > 0 {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
