package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"
)

// What the server has this program do outside of sandboxes, because Node can't.
const (
	lockCommand    = "lock"     // locks the open file on descriptor 3, for whoever has it open; exit code 1: another has
	endUserCommand = "end-user" // ends all processes of the user under which it runs
	// ends and removes the control groups that are its arguments
	removeGroupsCommand = "remove-groups"
	// starts sandboxes; its arguments are the server's socket, and where there are walls a word of enter.go; then where its
	// files in memory are to be, the skeleton of /etc, and what of the host's devices they get and may not change
	spawnerCommand = "spawner"
	// becomes a sandbox's command, inside its control groups; see entering.go
	enterCommand = "enter"
)

// help does it, if that is what this process was started for.
func help(args []string) {
	switch {
	case len(args) == 2 && args[1] == lockCommand:
		lock(3)
	case len(args) == 2 && args[1] == endUserCommand:
		endUser()
	case len(args) > 2 && args[1] == removeGroupsCommand:
		removeGroups(args[2:])
	case len(args) > 6 && args[1] == enterCommand:
		enter(args[2:])
	case len(args) > 2 && args[1] == wallsCommand:
		finishWalls(args[2:])
	case len(args) == 3 && args[1] == spawnerCommand:
		spawn(args[2], &memoryFiles{failed: errors.New("without walls there are no files in memory")})
	case len(args) > 4 && args[1] == spawnerCommand:
		spawnWalled(args[2], args[3], args[4:])
	}
}

func spawnWalled(server, word string, arguments []string) {
	switch {
	case word == toEnterWord:
		enterMounts(server, arguments)
	case word == enteredWord && len(arguments) > 1:
		runtime.LockOSThread() // the thread that starts sandboxes; see spawn
		spawn(server, openMemoryFiles(arguments[0], arguments[1], arguments[2:]))
	case word == lacksWord:
		spawn(server, &memoryFiles{failed: errors.New(arguments[0])})
	}
}

func lock(fd int) {
	switch syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) {
	case nil:
		os.Exit(0)
	case syscall.EWOULDBLOCK:
		os.Exit(1)
	default:
		os.Exit(2)
	}
}

func removeGroups(dirs groups) {
	if err := dirs.remove(); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Exit(0)
}

func endUser() {
	if os.Getuid() == 0 {
		os.Exit(2) // that would be everybody's
	}
	for range 2_000 {
		if syscall.Kill(-1, syscall.SIGKILL) == syscall.ESRCH || allDead() {
			os.Exit(0)
		}
		time.Sleep(time.Millisecond)
	}
	os.Exit(1)
}

func allDead() bool {
	for _, pid := range allProcesses() {
		if userOf(pid) == os.Getuid() && !isDead(pid) {
			return false
		}
	}
	return true
}
