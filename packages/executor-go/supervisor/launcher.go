package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// A program that may not start processes can't be started as others are: between its fork and its first instruction stands
// only what package syscall does there, which sets no filter, and under the filter there is no fork. So the supervisor
// starts itself once more, as the launcher. It can wait for the job ahead of it; then it takes on the job's limits and
// filter, and becomes the program.

const (
	launcherCommand = "launcher" // the argument that makes a supervisor one

	orderFd  = 3 // what to become
	reportFd = 4 // what became of that; see launched
)

// launcher is one that waits, as the supervisor sees it.
type launcher struct {
	order  io.WriteCloser
	report io.ReadCloser
}

// order is what a launcher becomes.
type order struct {
	Argv   []string
	Env    []string
	Cwd    string
	Input  bool // whether what comes from stdin is for the program; else it reads nothing
	Limits limits
	Filter []byte
}

func startLauncher() *process {
	streams, err := openStreams(true)
	if err != nil {
		return failedTo("opening pipes", err)
	}
	defer streams.closeJobEnds()
	orders, order, err := os.Pipe()
	if err != nil {
		return failedTo("opening pipes", err)
	}
	defer orders.Close()
	report, reports, err := os.Pipe()
	if err != nil {
		return failedTo("opening pipes", err)
	}
	defer reports.Close()
	files := append(streams.ofJob(), orders.Fd(), reports.Fd())
	attr := &syscall.ProcAttr{
		Dir: "/", Env: []string{"GOMAXPROCS=1", "GOGC=off"}, Files: files,
		// A signal to the program's own group does not reach this process.
		Sys: &syscall.SysProcAttr{Setpgid: true},
	}
	pid, err := syscall.ForkExec(os.Args[0], []string{os.Args[0], launcherCommand}, attr)
	if err != nil {
		return failedTo("starting the launcher", err)
	}
	return &process{pid: pid, streams: streams, launcher: &launcher{order: order, report: report}}
}

func failedTo(what string, err error) *process {
	return &process{failed: &ended{Failure: what + ": " + err.Error()}}
}

// launched is what a launcher reports: first the processor time that it has used for itself, and then, unless it has
// become the program, why not.
type launched struct {
	SpentNs int64
	Failed  *ended
}

// launch makes it the job's process. Nothing has failed when it has become that, or has been killed before it could.
func (l *launcher) launch(work *job) (result launched) {
	defer l.report.Close()
	input := len(work.stdin) > 0
	text, err := json.Marshal(order{
		Argv: work.Argv, Env: work.Env, Cwd: work.Cwd, Input: input, Limits: work.Limits, Filter: work.Filter,
	})
	if err == nil {
		_, err = l.order.Write(text)
	}
	if err := errors.Join(err, l.order.Close()); err != nil && !errors.Is(err, syscall.EPIPE) {
		return launched{Failed: &ended{Failure: "asking the launcher: " + err.Error()}}
	}
	for reports := json.NewDecoder(l.report); ; {
		if err := reports.Decode(&result); err == io.EOF {
			return result
		} else if err != nil {
			return launched{Failed: &ended{Failure: "reading what the launcher reports: " + err.Error()}}
		}
	}
}

// becomeProgram is the launcher itself.
func becomeProgram() {
	// A filter is a thread's, and stays with what that thread executes.
	runtime.LockOSThread()
	syscall.CloseOnExec(orderFd)
	syscall.CloseOnExec(reportFd)
	text, err := io.ReadAll(os.NewFile(orderFd, "order"))
	if err != nil || len(text) == 0 {
		os.Exit(1) // there will be no job
	}
	var asked order
	if err := json.Unmarshal(text, &asked); err != nil {
		fail("reading the launcher's order", err)
	}
	if err := asked.prepare(); err != nil {
		fail("preparing the program", err)
	}
	err = syscall.Exec(asked.Argv[0], asked.Argv, asked.Env)
	// The file is there; what is wrong is in it: no loader for it, too large for the limits, no program at all.
	report(launched{Failed: &ended{Unstartable: err.Error()}})
	os.Exit(1)
}

// prepare does all that comes before the program. The filter is last: it allows no more than the program needs.
func (asked order) prepare() error {
	if !asked.Input {
		null, err := syscall.Open(os.DevNull, syscall.O_RDONLY, 0)
		if err != nil {
			return err
		}
		if err := syscall.Dup3(null, 0, 0); err != nil {
			return err
		}
		if err := syscall.Close(null); err != nil {
			return err
		}
	}
	if err := syscall.Chdir(asked.Cwd); err != nil {
		return err
	}
	if err := asked.Limits.apply(); err != nil {
		return err
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	if err := putOwnPid(asked.Filter, os.Getpid()); err != nil {
		return err
	}
	report(launched{SpentNs: used.Utime.Nano() + used.Stime.Nano()})
	return setFilter(asked.Filter)
}

// setFilter puts this thread, and what it executes, under a filter: an array of struct sock_filter. See seccomp(2).
func setFilter(filter []byte) error {
	const (
		prSetNoNewPrivs   = 38
		prSetSeccomp      = 22
		seccompModeFilter = 2
	)
	if len(filter) < syscall.SizeofSockFilter {
		return errors.New("there is no filter")
	}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	program := syscall.SockFprog{
		Len:    uint16(len(filter) / syscall.SizeofSockFilter),
		Filter: (*syscall.SockFilter)(unsafe.Pointer(&filter[0])),
	}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetSeccomp, seccompModeFilter, uintptr(unsafe.Pointer(&program)), 0, 0, 0)
	runtime.KeepAlive(filter)
	if errno != 0 {
		return errno
	}
	return nil
}

func report(what launched) {
	text, err := json.Marshal(what)
	if err == nil {
		_, err = syscall.Write(reportFd, text)
	}
	if err != nil {
		os.Exit(2) // the supervisor has gone
	}
}

func fail(what string, err error) {
	report(launched{Failed: &ended{Failure: what + ": " + err.Error()}})
	os.Exit(1)
}
