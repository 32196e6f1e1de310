package main

import (
	"syscall"
	"unsafe"
)

// capabilitySet is struct __user_cap_data_struct of capset(2): 32 capabilities, of which there are two.
type capabilitySet struct {
	effective, permitted, inheritable uint32
}

// setCapabilities sets those of this thread, which must be locked.
func setCapabilities(sets [2]capabilitySet) error {
	const version3 = 0x20080522
	header := struct {
		version uint32
		pid     int32
	}{version: version3}
	_, _, errno := syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
