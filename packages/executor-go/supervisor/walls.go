package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// bubblewrap starts this program as the first process of a sandbox, with the few capabilities that finishing the walls
// takes: bubblewrap itself has no option for a /proc of processes alone. This process carries out the steps that its
// arguments name, gives the capabilities up, and becomes the supervisor. Nothing else runs in the sandbox before that, and a
// step that fails ends the sandbox.

const wallsCommand = "walls" // the argument that has this program finish the walls; the steps follow

// The steps, in the order in which they must be given.
const (
	noUserNamespacesStep = "--no-user-namespaces"
	processesOnlyStep    = "--processes-only"
	coverProcStep        = "--cover-proc" // what processesOnlyStep does on kernels before 5.8
	noCapabilitiesStep   = "--no-capabilities"
	seccompStep          = "--seccomp" // the descriptor of a filter follows
	addSeccompStep       = "--add-seccomp-fd"
)

// finishWalls becomes the supervisor, or ends the sandbox and says why.
func finishWalls(steps []string) {
	// Capabilities and filters are a thread's, and stay with what that thread executes.
	runtime.LockOSThread()
	err := takeSteps(steps)
	if err == nil {
		err = syscall.Exec(os.Args[0], os.Args[:1], []string{})
	}
	fmt.Fprintln(os.Stderr, "finishing the walls of the sandbox:", err)
	os.Exit(1)
}

func takeSteps(steps []string) error {
	for len(steps) > 0 {
		step := steps[0]
		steps = steps[1:]
		var err error
		switch step {
		case noUserNamespacesStep:
			err = forbidUserNamespaces()
		case processesOnlyStep:
			err = showProcessesOnly()
		case coverProcStep:
			err = coverProc()
		case noCapabilitiesStep:
			err = dropCapabilities()
		case seccompStep, addSeccompStep:
			if len(steps) == 0 {
				return errors.New(step + " without a descriptor")
			}
			err = setFilterFrom(steps[0])
			steps = steps[1:]
		default:
			err = errors.New("no such step")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	return nil
}

// forbidUserNamespaces forbids more user namespaces in this one. Writing the limit takes a capability that is given up next.
func forbidUserNamespaces() error {
	return os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
}

// dropCapabilities gives up every capability, and the right to be given one by a file.
func dropCapabilities() error {
	const prCapBsetDrop = 24
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prCapAmbient, clearAll, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	for capability := uintptr(0); ; capability++ {
		_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prCapBsetDrop, capability, 0)
		if errno == syscall.EINVAL {
			break // the kernel has no more
		}
		if errno != 0 {
			return errno
		}
	}
	return setCapabilities([2]capabilitySet{})
}

func setFilterFrom(descriptor string) error {
	fd, err := strconv.Atoi(descriptor)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "filter")
	filter, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return setFilter(filter)
}
