package main

import (
	"errors"
	"os"
	"strconv"
	"syscall"
)

// What a sandbox sees of /proc: its own processes, read-only. The other files of /proc tell about the host, and some of them
// hold it up when they are read.

const (
	procFlags = syscall.MS_RDONLY | syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	// Where the new /proc is made: bubblewrap has put a file system there, and nothing is in it yet.
	aside = "/tmp"
)

// showProcessesOnly puts a /proc with nothing but processes in the place of bubblewrap's.
func showProcessesOnly() error {
	// Made first: in a user namespace the kernel gives a new /proc to those alone who see another one whole.
	err := syscall.Mount("proc", aside, "proc", procFlags, "subset=pid")
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM) {
		return coverProc()
	}
	if err != nil {
		return err
	}
	if err := syscall.Unmount("/proc", syscall.MNT_DETACH); err != nil {
		return err
	}
	return syscall.Mount(aside, "/proc", "", syscall.MS_MOVE, "")
}

// coverProc covers everything in bubblewrap's /proc that is no process, for kernels that don't have the option (before 5.8).
func coverProc() error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	empty := ""
	for _, entry := range entries {
		// Links lead to files of this process.
		if _, err := strconv.Atoi(entry.Name()); err == nil || entry.Type() == os.ModeSymlink {
			continue
		}
		path := "/proc/" + entry.Name()
		switch {
		case !entry.IsDir():
			err = syscall.Mount(os.DevNull, path, "", syscall.MS_BIND, "")
		case empty == "":
			empty = path
			err = syscall.Mount("tmpfs", path, "tmpfs", procFlags, "mode=0555,size=4k,nr_inodes=1")
		default:
			err = syscall.Mount(empty, path, "", syscall.MS_BIND, "")
		}
		if err != nil {
			return &os.PathError{Op: "covering", Path: path, Err: err}
		}
	}
	return syscall.Mount("", "/proc", "", syscall.MS_REMOUNT|syscall.MS_BIND|procFlags, "")
}
