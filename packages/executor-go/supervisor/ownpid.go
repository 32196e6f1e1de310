package main

import (
	"encoding/binary"
	"fmt"
	"syscall"
)

// Signals may go to the program itself alone. The number of a thread is not enough to tell whose it is: kill(2) takes that
// of any thread for its whole process, also one of pid 1's. So the filter compares with the program's own pid, which only
// the launcher knows. Until it is put in, a number stands there that no process has.

const (
	ownPidPlaceholder = 0x7fff_fff0 // as in src/sandbox/seccomp/process-calls.ts
	ownPidPlaces      = 2           // in kill and in tgkill

	jumpIfEqual = syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K
)

// putOwnPid puts a pid into a filter, an array of struct sock_filter. It fails where that has other places for it than
// expected: the filter is then not the one that this was written for.
func putOwnPid(filter []byte, pid int) error {
	places := 0
	for at := 0; at+syscall.SizeofSockFilter <= len(filter); at += syscall.SizeofSockFilter {
		value := filter[at+4 : at+8]
		if binary.NativeEndian.Uint32(value) != ownPidPlaceholder {
			continue
		}
		if binary.NativeEndian.Uint16(filter[at:]) != jumpIfEqual {
			return fmt.Errorf("instruction %d of the filter has the placeholder of the pid and compares nothing", at/syscall.SizeofSockFilter)
		}
		binary.NativeEndian.PutUint32(value, uint32(pid))
		places++
	}
	if places != ownPidPlaces {
		return fmt.Errorf("the filter has %d places for the program's pid, not %d", places, ownPidPlaces)
	}
	return nil
}
