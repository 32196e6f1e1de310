package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// memoryFiles are what run sandboxes see of files, all of it in memory (tmpfs), in the spawner's own mount namespace: a
// program can't make a disk busy, and no name that it looks up stays in the kernel's cache of names. They are one read-only
// file system for all, with the supervisor, /etc and the time zones; and one for each sandbox, of a size, which is empty
// until its program is installed.
type memoryFiles struct {
	dir    string
	failed error // why there are none
}

const (
	sharedFolder = "shared"
	// More than the time zones and the supervisor take, which is 7 MiB.
	sharedOptions = "mode=0755,size=64m,nr_inodes=16384"
	zonesFolder   = "/usr/share/zoneinfo"
	memoryFlags   = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOATIME
	// Who may execute it may not read it, so that the kernel never writes the program's memory into a core dump (ptrace(2)).
	programMode = 0o111
	programName = "prog"
)

// memoryOrder is the file system of one sandbox: its name, and how large it may get.
type memoryOrder struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// installOrder is the program to be installed in it: a part of a file.
type installOrder struct {
	Name   string `json:"name"`
	From   string `json:"from"`
	Offset int64  `json:"offset"`
	Bytes  int64  `json:"bytes"`
}

// installed is what became of that.
type installed struct {
	// Failed is why it is not there; empty: it is.
	Failed string `json:"failed"`
}

// openMemoryFiles fills the shared file system. The rest of the host's mounts are as before, but for devices, which are
// read-only.
func openMemoryFiles(dir, etc string, devices []string) *memoryFiles {
	m := &memoryFiles{dir: dir}
	if err := m.open(etc, devices); err != nil {
		m.failed = fmt.Errorf("there are no files in memory for sandboxes: %w", err)
	}
	return m
}

func (m *memoryFiles) open(etc string, devices []string) error {
	// What is mounted on the host from now on is seen here, but not the other way round.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SLAVE, ""); err != nil {
		return err
	}
	if err := keepRightsToItself(); err != nil {
		return err
	}
	showReadOnly(devices)
	if err := mountMemory(m.dir, "mode=0755,size=1m,nr_inodes=65536"); err != nil {
		return err
	}
	shared := filepath.Join(m.dir, sharedFolder)
	if err := os.Mkdir(shared, 0o755); err != nil {
		return err
	}
	if err := mountMemory(shared, sharedOptions); err != nil {
		return err
	}
	if err := copyFile("/proc/self/exe", shared+"/supervisor", 0o555); err != nil {
		return err
	}
	if err := copyTree(etc, shared+"/etc"); err != nil {
		return err
	}
	if err := copyTree(zonesFolder, shared+"/zoneinfo"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syscall.Mount("", shared, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY|memoryFlags, "")
}

func mountMemory(dir, options string) error {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", memoryFlags, options); err != nil {
		return &os.PathError{Op: "mounting a tmpfs", Path: dir, Err: err}
	}
	return nil
}

// add makes the file system of one sandbox.
func (m *memoryFiles) add(order *memoryOrder) error {
	if order == nil {
		return nil
	}
	if m.failed != nil {
		return m.failed
	}
	dir := filepath.Join(m.dir, order.Name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return mountMemory(dir, fmt.Sprintf("mode=0755,size=%d,nr_inodes=8", order.Bytes))
}

// remove takes it away again; its memory is free when the sandbox is gone, too.
func (m *memoryFiles) remove(order *memoryOrder) {
	if order == nil || m.failed != nil {
		return
	}
	dir := filepath.Join(m.dir, order.Name)
	syscall.Unmount(dir, syscall.MNT_DETACH)
	os.Remove(dir)
}

// install puts a program into the file system of one sandbox.
func (m *memoryFiles) install(order *installOrder) *installed {
	err := m.failed
	if err == nil {
		err = m.copyProgram(order)
	}
	if err != nil {
		return &installed{Failed: err.Error()}
	}
	return &installed{}
}

func (m *memoryFiles) copyProgram(order *installOrder) error {
	from, err := os.OpenFile(order.From, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer from.Close()
	// A process that is being started meanwhile would have it open for writing, and it could not be executed (ETXTBSY).
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	program := filepath.Join(m.dir, order.Name, programName)
	// One that was installed before, and proved to be another than it should be.
	if err := os.Remove(program); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	count, err := writeFile(program, io.NewSectionReader(from, order.Offset, order.Bytes), programMode)
	if err == nil && count != order.Bytes {
		err = fmt.Errorf("%s has %d bytes from %d on, not %d", order.From, count, order.Offset, order.Bytes)
	}
	return err
}
