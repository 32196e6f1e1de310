// The supervisor is the first process (pid 1) of a sandbox. It receives one job on a socket, runs it under the job's
// limits, streams what it writes, and reports how it ended. The job's process may be started ahead of its work, as it is or
// as a launcher that becomes it. Being
// pid 1 of its pid namespace, it can't be killed from inside, and nothing in the sandbox outlives it; how a job is kept
// together where there are no namespaces is confinement.go's business.
//
// It uses only the standard library: it is built on the machine by the toolchain that it supervises.
package main

import (
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
)

const (
	controlFd  = 3 // the job comes in, frames go out; its end means "stop at once"
	artifactFd = 5 // where a build's binary goes; open only in build sandboxes
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == launcherCommand {
		becomeProgram()
	}
	help(os.Args)
	confine(os.Args)
	hide()
	absorbSignals()
	// It mostly waits: with more, each that wakes up wakes another thread to look for work.
	runtime.GOMAXPROCS(1)
	reserveThreads()
	held := new(held)
	control, err := openControl(held)
	if err != nil {
		os.Exit(1)
	}
	out := &frameWriter{to: control}
	if out.ready() != nil {
		os.Exit(1)
	}
	work, err := readJob(control)
	if err != nil {
		leave(2) // the server has gone, or speaks another protocol: nobody to tell
	}
	var ahead *process
	if work.Ahead || work.Launcher {
		ahead = work.start()
		if work, err = readJob(control); err != nil {
			leave(2)
		}
	}
	go control.obey()
	if out.end(work.run(out, ahead, held)) != nil {
		leave(1)
	}
	if work.Artifact == "" {
		// While the server hands a run's output to a client it may write to us. If we were gone then, its socket would break,
		// and with it what it has not read yet. It closes the socket when it has read the end.
		select {}
	}
}

// hide keeps the job from reading or tracing this process, which has the same uid, and from inheriting descriptors:
// ours, bubblewrap's, and whatever the server itself was started with.
func hide() {
	const prSetDumpable = 4
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0)
	closeInheritedOnExec()
}

// closeInheritedOnExec keeps whatever this process was started with, beside its standard streams, from what it starts.
func closeInheritedOnExec() {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic("asking what is open: " + err.Error())
	}
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd >= controlFd {
			syscall.CloseOnExec(fd)
		}
	}
}

// deadly are the signals that end a Go program which does not ask for them; see the table in runtime/sigtab_linux_generic.go.
// Of all others, which have no handler or one that does nothing, the kernel and the runtime make nothing for a pid 1. But
// for 32 to 34, for which the runtime takes no handler: one of these can end it while a thread handles another signal. What
// keeps them away is the program's filter, see ownpid.go.
var deadly = []os.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGILL, syscall.SIGTRAP,
	syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGSTKFLT, syscall.SIGSYS,
}

// absorbSignals takes every signal by which the job may try to end pid 1. Notify, not Ignore: an ignored signal would stay
// ignored in the job. Only those that matter: asking for all of them takes 2 ms of processor time.
func absorbSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, deadly...)
	go func() {
		for range signals {
		}
	}()
}

// reserveThreads makes the threads that the runtime will need, which keeps idle ones for ever: a job that takes all that
// its limits allow must not leave this process, which shares them, without one when it needs it. They are for waiting: for
// the job, for signals, for the server, and while it does not take what is sent; for what runs meanwhile, and to spare.
func reserveThreads() {
	const enough = 7
	var together sync.WaitGroup
	together.Add(enough)
	for range enough {
		go func() {
			runtime.LockOSThread()
			together.Done()
			together.Wait()
			runtime.UnlockOSThread()
		}()
	}
	together.Wait()
}

// leave ends the sandbox, with all that is in it.
func leave(code int) {
	confined.killAll()
	os.Exit(code)
}
