package main

import (
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// inlet is where one of the job's streams comes in. It knows what was written before the job's time was up, which is
// output even if it is read later, because the server was slow to take what came before; what is written after that is not.
type inlet struct {
	kind byte
	file *os.File

	mu     sync.Mutex
	closed bool
	timeUp bool
	onTime int // bytes still to be read that were there when the time was up
}

func (in *inlet) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.file.Close()
}

// endTime says that the job's time is up.
func (in *inlet) endTime() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return nil
	}
	conn, err := in.file.SyscallConn()
	if err != nil {
		return err
	}
	in.timeUp = true
	return conn.Control(func(fd uintptr) { in.onTime = pending(int(fd)) })
}

// read reads what is there, without waiting for more (EAGAIN). All of it was written before the time was up, or none.
func (in *inlet) read(fd int, buffer []byte) (count int, late bool, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	late = in.timeUp && in.onTime == 0
	if in.timeUp && !late {
		buffer = buffer[:min(len(buffer), in.onTime)]
	}
	for {
		if count, err = syscall.Read(fd, buffer); err != syscall.EINTR {
			break
		}
	}
	if in.timeUp && !late {
		in.onTime -= max(count, 0)
	}
	return max(count, 0), late, err
}

// wait reads as read does, but waits for something to come; 0 without an error is the end.
func (in *inlet) wait(buffer []byte) (count int, late bool, err error) {
	conn, err := in.file.SyscallConn()
	if err != nil {
		return 0, false, err
	}
	waiting := conn.Read(func(fd uintptr) bool {
		count, late, err = in.read(int(fd), buffer)
		return err != syscall.EAGAIN
	})
	if waiting != nil {
		return 0, false, waiting
	}
	return count, late, err
}

// pending is how many bytes a pipe holds.
func pending(fd int) int {
	var count int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCINQ, uintptr(unsafe.Pointer(&count)))
	if errno != 0 {
		panic("asking a pipe what it holds: " + errno.Error())
	}
	return int(count)
}
