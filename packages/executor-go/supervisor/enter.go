package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// The spawner of walled sandboxes lives in a mount namespace of its own: what it mounts there its sandboxes get and nobody
// else sees, and all of it is gone when the last of them is. Where it is not allowed to make one, because it is not root or
// lacks CAP_SYS_ADMIN, it makes a user namespace first, in which it may. Users and groups are the same in there.

// What the third argument of a spawner says of its mount namespace; without a third there is none, and nothing is mounted.
const (
	toEnterWord = "enter"   // it is to be made
	enteredWord = "entered" // this process is in it
	lacksWord   = "lacks"   // it could not be made; the next argument says why
)

const (
	capSysAdmin  = 21 // linux/capability.h
	prCapAmbient = 47
	clearAll     = 4
)

// enterMounts starts this program once more, in a mount namespace of its own, as the spawner with these further arguments.
// It does not return.
func enterMounts(server string, arguments []string) {
	runtime.LockOSThread()
	again := func(word string, arguments ...string) []string {
		return append([]string{os.Args[0], spawnerCommand, server, word}, arguments...)
	}
	// The namespace would be this thread's alone; what the thread executes is in it as a whole.
	err := syscall.Unshare(syscall.CLONE_NEWNS)
	if err == nil {
		err = syscall.Exec(os.Args[0], again(enteredWord, arguments...), []string{})
	} else {
		err = followInto(again(enteredWord, arguments...))
	}
	reason := fmt.Sprintf("there is no mount namespace for files in memory: %v", err)
	if os.Getuid() == 0 {
		reason += "; a root needs CAP_SYS_ADMIN for it, or CAP_SETUID, CAP_SETGID and CAP_SETFCAP"
	}
	err = syscall.Exec(os.Args[0], again(lacksWord, reason), []string{})
	panic("starting the spawner again: " + err.Error())
}

// followInto runs the spawner in a user namespace, and ends as it does.
func followInto(argv []string) error {
	users, err := ownIDs("/proc/self/uid_map", os.Getuid())
	if err != nil {
		return err
	}
	groups, err := ownIDs("/proc/self/gid_map", os.Getgid())
	if err != nil {
		return err
	}
	// This process ends when the other does. Not Ignore: an ignored signal would stay ignored in all that is started.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	pid, err := syscall.ForkExec(os.Args[0], argv, &syscall.ProcAttr{
		Dir: "/", Env: []string{}, Files: []uintptr{0, 1, 2},
		Sys: &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: users, GidMappings: groups, GidMappingsEnableSetgroups: os.Getuid() == 0,
			AmbientCaps: []uintptr{capSysAdmin}, Pdeathsig: syscall.SIGKILL,
		},
	})
	if err != nil {
		return err
	}
	// What tells the server and what it is told by are the other's now.
	os.Stdin.Close()
	os.Stdout.Close()
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); err == syscall.EINTR {
			continue
		}
		os.Exit(status.ExitStatus())
	}
}

// ownIDs maps ids to themselves: all that there are for a root, who starts sandboxes as other users; for any other user its
// own, which is all that may be mapped.
func ownIDs(kernelsMap string, own int) ([]syscall.SysProcIDMap, error) {
	if os.Getuid() != 0 {
		return []syscall.SysProcIDMap{{ContainerID: own, HostID: own, Size: 1}}, nil
	}
	file, err := os.Open(kernelsMap)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var ids []syscall.SysProcIDMap
	lines := bufio.NewScanner(file)
	for lines.Scan() { // first id inside, first id outside, how many; see user_namespaces(7)
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			return nil, fmt.Errorf("%s has a line %q", kernelsMap, lines.Text())
		}
		first, err := strconv.Atoi(fields[0])
		if err != nil {
			return nil, err
		}
		count, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, err
		}
		ids = append(ids, syscall.SysProcIDMap{ContainerID: first, HostID: first, Size: count})
	}
	return ids, lines.Err()
}

// keepRightsToItself keeps what this process starts from inheriting its right to mount: bubblewrap refuses to run with
// capabilities that it did not expect.
func keepRightsToItself() error {
	if _, _, errno := syscall.AllThreadsSyscall6(syscall.SYS_PRCTL, prCapAmbient, clearAll, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
