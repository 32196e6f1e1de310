// Takes 128 MiB in the way that is named, uses them, and says so.
package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

const (
	size = 128 << 20

	mapGrowsDown = 0x100
	mremapMove   = 1
)

func main() {
	taken, err := take(os.Args[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	for at := 0; at < size; at += os.Getpagesize() {
		taken[at] = 1
	}
	fmt.Println("taken")
}

func take(how string) ([]byte, error) {
	const anonymous = syscall.MAP_ANON
	switch how {
	case "shared":
		return mapped(-1, syscall.MAP_SHARED|anonymous)
	case "zero device":
		zero, err := syscall.Open("/dev/zero", syscall.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		return mapped(zero, syscall.MAP_SHARED)
	case "stack":
		return mapped(-1, syscall.MAP_PRIVATE|anonymous|mapGrowsDown)
	case "moved stack":
		return moveStack()
	}
	return mapped(-1, syscall.MAP_PRIVATE|anonymous)
}

func mapped(fd, flags int) ([]byte, error) {
	return syscall.Mmap(fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, flags)
}

// moveStack makes the lowest page of the first thread's stack, which is not in use, a large one elsewhere.
func moveStack() ([]byte, error) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(maps)) {
		var start uintptr
		if strings.Contains(line, "[stack]") {
			if _, err := fmt.Sscanf(line, "%x", &start); err != nil {
				return nil, err
			}
			page := uintptr(os.Getpagesize())
			moved, _, errno := syscall.Syscall6(syscall.SYS_MREMAP, start, page, size, mremapMove, 0, 0)
			if errno != 0 {
				return nil, errno
			}
			return unsafe.Slice(*(**byte)(unsafe.Pointer(&moved)), size), nil
		}
	}
	return nil, syscall.ENOENT
}
