package main

import (
	"os"
	"syscall"
)

// What the server sends behind its jobs, a byte each.
const (
	forClient   = 'h' // it waits for the client, who does not take the output
	fromClient  = 'r' // it waits no more
	leashBuffer = 16
)

// control is this process's end of the socket to the server.
type control struct {
	file *os.File
	conn syscall.RawConn
	held *held // is told when writing waits for room
}

func openControl(held *held) (*control, error) {
	// The runtime waits for it then, so that we see when there is something to wait for.
	if err := syscall.SetNonblock(controlFd, true); err != nil {
		return nil, err
	}
	file := os.NewFile(controlFd, "control")
	conn, err := file.SyscallConn()
	return &control{file: file, conn: conn, held: held}, err
}

func (c *control) Read(buffer []byte) (int, error) {
	return c.file.Read(buffer)
}

// Write writes all of it. Concurrent calls are the caller's to keep apart.
func (c *control) Write(data []byte) (written int, err error) {
	blocked := false
	waiting := c.conn.Write(func(fd uintptr) (done bool) {
		for written < len(data) {
			count, failed := syscall.Write(int(fd), data[written:])
			switch {
			case failed == syscall.EINTR:
			case failed == syscall.EAGAIN:
				if !blocked {
					blocked = true
					c.held.setBlocked(true)
				}
				return false
			case failed != nil:
				err = failed
				return true
			default:
				written += count
			}
		}
		return true
	})
	if blocked {
		c.held.setBlocked(false)
	}
	if waiting != nil {
		err = waiting
	}
	return written, err
}

// obey takes what the server sends while the job runs, and ends the sandbox when it closes its end of the socket, or dies.
func (c *control) obey() {
	buffer := make([]byte, leashBuffer)
	for {
		count, err := c.Read(buffer)
		for _, said := range buffer[:count] {
			c.held.setForClient(said == forClient)
		}
		if err != nil {
			leave(1)
		}
	}
}
