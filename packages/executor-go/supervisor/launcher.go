package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// A program that may not start processes can't be started as others are: between its fork and its first instruction stands
// only what package syscall does there, which sets no filter, and under the filter there is no fork. So the supervisor
// starts itself once more, as the launcher. It can wait for the job ahead of it; then it takes on the job's limits and
// filter, and becomes the program.

const (
	launcherCommand = "launcher" // the argument that makes a supervisor one

	orderFd  = 3 // what to become
	reportFd = 4 // why that could not be; closed without a word when it has been done
)

// launcher is one that waits, as the supervisor sees it.
type launcher struct {
	pid    int
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
	attr := &syscall.ProcAttr{Dir: "/", Env: []string{"GOMAXPROCS=1", "GOGC=off"}, Files: files}
	pid, err := syscall.ForkExec(os.Args[0], []string{os.Args[0], launcherCommand}, attr)
	if err != nil {
		return failedTo("starting the launcher", err)
	}
	return &process{pid: pid, streams: streams, launcher: &launcher{pid: pid, order: order, report: report}}
}

func failedTo(what string, err error) *process {
	return &process{failed: &ended{Failure: what + ": " + err.Error()}}
}

// launch makes it the job's process. It returns nil when it has become that, or has been killed before it could.
func (l *launcher) launch(work *job) *ended {
	defer l.report.Close()
	input := len(work.stdin) > 0
	text, err := json.Marshal(order{
		Argv: work.Argv, Env: work.Env, Cwd: work.Cwd, Input: input, Limits: work.Limits, Filter: work.Filter,
	})
	if err == nil {
		_, err = l.order.Write(text)
	}
	if err := errors.Join(err, l.order.Close()); err != nil && !errors.Is(err, syscall.EPIPE) {
		return &ended{Failure: "asking the launcher: " + err.Error()}
	}
	report, err := io.ReadAll(l.report)
	if err != nil || len(report) == 0 {
		return nil
	}
	var failed ended
	if err := json.Unmarshal(report, &failed); err != nil {
		return &ended{Failure: "the launcher broke: " + string(report)}
	}
	return &failed
}

// spent is the processor time that it has used for itself.
func (l *launcher) spent() time.Duration {
	const perProcess = 2 // CPUCLOCK_SCHED; see clock_getcpuclockid(3) and the kernel's posix-timers_types.h
	var used syscall.Timespec
	clock := uintptr(^l.pid)<<3 | perProcess
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&used)), 0); errno != 0 {
		return 0 // it has gone, and can't be counted any more
	}
	return time.Duration(used.Nano())
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
		report(ended{Failure: "reading the launcher's order: " + err.Error()})
	}
	if err := asked.prepare(); err != nil {
		report(ended{Failure: "preparing the program: " + err.Error()})
	}
	err = syscall.Exec(asked.Argv[0], asked.Argv, asked.Env)
	// The file is there; what is wrong is in it: no loader for it, too large for the limits, no program at all.
	report(ended{Unstartable: err.Error()})
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

func report(failed ended) {
	text, err := json.Marshal(failed)
	if err == nil {
		_, err = syscall.Write(reportFd, text)
	}
	if err != nil {
		os.Exit(2)
	}
	os.Exit(1)
}
