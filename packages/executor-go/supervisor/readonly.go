package main

import "syscall"

// showReadOnly lets whatever this thread starts see these files read-only: it gets a view of the host's mounts of its own, in
// which they are. Devices can be written to all the same, but their times can't be set, in which a program could leave
// something for the next one. bubblewrap can't do that: what it makes read-only is no device any more.
//
// It takes a right that only root has. Without, whoever shares the host can set these times too.
func showReadOnly(files []string) {
	if len(files) == 0 || syscall.Unshare(syscall.CLONE_NEWNS) != nil {
		return
	}
	// What is mounted on the host from now on is seen here, but not the other way round.
	if syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SLAVE, "") != nil {
		return
	}
	for _, file := range files {
		if syscall.Mount(file, file, "", syscall.MS_BIND, "") == nil {
			syscall.Mount("", file, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, "")
		}
	}
}
