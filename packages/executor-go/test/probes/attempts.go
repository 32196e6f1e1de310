// Makes the system calls that it is given on stdin, one a line (number and six arguments; "memory" is the address of a
// page of zeros), and says what came of each: 0, or the errno.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

var memory [4096]byte

func main() {
	self, _, _ := syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var numbers [7]uintptr
		for i, field := range strings.Fields(lines.Text()) {
			numbers[i] = valueOf(field)
		}
		_, _, errno := syscall.RawSyscall6(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6])
		if pid, _, _ := syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0); pid != self {
			syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0) // a child that should not have been
		}
		fmt.Println(int(errno))
	}
}

func valueOf(field string) uintptr {
	if field == "memory" {
		return uintptr(unsafe.Pointer(&memory))
	}
	value, err := strconv.ParseUint(field, 0, 64)
	if err != nil {
		panic(err)
	}
	return uintptr(value)
}
