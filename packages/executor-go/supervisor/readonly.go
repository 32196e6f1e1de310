package main

import "syscall"

// showReadOnly lets whatever this process starts see these files read-only, where it may: devices can be written to all the
// same, but their times can't be set, in which a program could leave something for the next one. bubblewrap can't do that:
// what it makes read-only is no device any more.
func showReadOnly(files []string) {
	for _, file := range files {
		if syscall.Mount(file, file, "", syscall.MS_BIND, "") == nil {
			syscall.Mount("", file, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, "")
		}
	}
}
