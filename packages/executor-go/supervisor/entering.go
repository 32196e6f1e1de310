package main

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// A command that has control groups is started in two steps: a process of this program enters the groups and changes its
// user, and then becomes the command. So every process of a sandbox is in the groups from its first moment, and killing
// their members ends all of it, whatever state bubblewrap was killed in. It also makes the groups the root of the control
// group namespace that bubblewrap makes: a program sees "/" and no path of the host.

// entering is how this program is started for that: as the very binary that runs now.
func entering(order spawnOrder, argv []string) (command string, args []string) {
	args = []string{
		argv[0], enterCommand,
		strconv.Itoa(os.Getpid()), strconv.FormatUint(uint64(order.UID), 10), strconv.Itoa(len(order.Groups)),
	}
	args = append(append(args, order.Groups...), order.Command)
	return "/proc/self/exe", append(args, argv...)
}

// enter is the whole process: its arguments are those behind the command.
func enter(args []string) {
	// The signal that a parent's death sends is a thread's own, and so stays only with the thread that becomes the command.
	runtime.LockOSThread()
	if err := becomeIn(args); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
	}
	os.Exit(1)
}

func becomeIn(args []string) error {
	var numbers [3]int
	for i := range numbers {
		number, err := strconv.Atoi(args[i])
		if err != nil {
			return err
		}
		numbers[i] = number
	}
	parent, uid, count := numbers[0], numbers[1], numbers[2]
	args = args[len(numbers):]
	if err := groups(args[:count]).enter(); err != nil {
		return err
	}
	if uid != 0 {
		// The kernel forgets the signal at a parent's death when the user changes.
		if err := changeUser(uid); err != nil {
			return err
		}
	}
	if err := dieWith(parent); err != nil {
		return err
	}
	command, argv := args[count], args[count+1:]
	return &os.PathError{Op: "starting", Path: command, Err: syscall.Exec(command, argv, []string{})}
}

// changeUser changes the user of this thread alone, which is the one that becomes the command. Package syscall would change
// that of all threads, and wait for each of them.
func changeUser(uid int) error {
	for _, call := range [][3]uintptr{{syscall.SYS_SETGROUPS}, {syscall.SYS_SETGID, uintptr(uid)}, {syscall.SYS_SETUID, uintptr(uid)}} {
		if _, _, errno := syscall.RawSyscall(call[0], call[1], call[2], 0); errno != 0 {
			return errno
		}
	}
	return nil
}

// dieWith has the kernel kill this thread's process when its parent dies.
func dieWith(parent int) error {
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0); errno != 0 {
		return errno
	}
	if os.Getppid() != parent {
		return errors.New("what starts sandboxes has died")
	}
	return nil
}
