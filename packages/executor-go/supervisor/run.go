package main

import (
	"errors"
	"sync"
	"syscall"
	"time"
)

// run is one job under way.
type run struct {
	out     *frameWriter
	started time.Time
	before  time.Duration // processor time that was used before the job came

	mergedNs int64 // the time of the last that was sent under the fake clock

	held *held // while the client does not take what the job writes

	mu        sync.Mutex
	left      int64 // bytes of output that still fit
	dumpLeft  int64 // the same of what it says when its time is up: it may have used up the limit of its output
	dropped   int64
	killedFor string
}

// process is a job's first process. Where it could not be started, only failed is there.
type process struct {
	pid     int
	streams *streams
	failed  *ended
	// launcher is there until it has become the job's process.
	launcher *launcher
}

// start starts the job's process under its limits, or the launcher that becomes it.
func (work *job) start() *process {
	if work.Launcher || len(work.Filter) > 0 {
		return startLauncher()
	}
	if err := work.Limits.apply(); err != nil {
		return &process{failed: &ended{Failure: "setting limits: " + err.Error()}}
	}
	streams, err := openStreams(work.Ahead || len(work.stdin) > 0)
	if err != nil {
		return &process{failed: &ended{Failure: "opening pipes: " + err.Error()}}
	}
	pid, err := syscall.ForkExec(work.Argv[0], work.Argv, &syscall.ProcAttr{Dir: work.Cwd, Env: work.Env, Files: streams.ofJob()})
	streams.closeJobEnds()
	if err != nil {
		// The file is there; what is wrong is in it: no loader for it, too large for the limits, no program at all.
		return &process{failed: &ended{Unstartable: err.Error()}}
	}
	return &process{pid: pid, streams: streams}
}

// run gives the job its work, starting its process if that has not been done ahead, waits for it, and ends all that it
// started.
func (work *job) run(out *frameWriter, ahead *process, held *held) ended {
	if err := work.writeFiles(); err != nil {
		return ended{Failure: "writing files: " + err.Error()}
	}
	current := &run{out: out, started: time.Now(), held: held, left: work.OutputBytes, dumpLeft: work.DumpBytes}
	first := ahead
	if first == nil {
		first = work.start()
	}
	if first.launcher != nil {
		launched := first.launcher.launch(work)
		current.before, first.failed = time.Duration(launched.SpentNs), launched.Failed
	}
	if first.failed != nil {
		return *first.failed
	}
	pid, streams := first.pid, first.streams
	streams.feed(work.stdin)
	pumps := current.pumps(streams, work.FakeClock)
	done := make(chan struct{})
	go current.watchTime(time.Duration(work.TimeoutMs)*time.Millisecond, func() { current.timeOut(pid, streams) }, done)
	if work.CPUMs > 0 {
		go current.watchCPU(time.Duration(work.CPUMs)*time.Millisecond, done)
	}
	if work.MaxFiles > 0 {
		go current.watchFiles(work.MaxFiles, done)
	}
	if work.MemoryBytes > 0 {
		go current.watchMemory(work.MemoryBytes, work.CountPages, done)
	}
	if work.DiskBytes > 0 {
		go current.watchDisk(work.DiskBytes, done)
	}

	result := waitFor(pid)
	close(done)
	result.WallNs = current.ownTime().Nanoseconds()
	// The job is over when its first process is. Whatever it left behind dies now, which also closes the pipes.
	confined.killAll()
	reapAll()
	result.CPUNs, result.PeakBytes = usageOfReaped()
	result.CPUNs -= current.before.Nanoseconds()
	pumps.Wait()
	if work.DiskBytes > 0 && confined.diskUsed() > work.DiskBytes {
		current.kill("disk") // it was over before anybody looked
	}
	result.KilledFor, result.DroppedBytes = current.verdict()
	if work.Artifact != "" && result.ExitCode == 0 && result.Signal == 0 && result.KilledFor == "" {
		var err error
		result.ArtifactBytes, err = handOver(work.Artifact, work.ArtifactBytes)
		if failed := (hostError{}); errors.As(err, &failed) {
			result.HostFailure = err.Error()
		} else if err != nil {
			result.ArtifactFailure = err.Error()
		}
	}
	return result
}

// waitFor reaps children until pid has ended: this process inherits every orphan.
func waitFor(pid int) ended {
	for {
		var status syscall.WaitStatus
		reaped, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.EINTR || (err == nil && reaped != pid) {
			continue
		}
		if err == nil && !status.Exited() && !status.Signaled() {
			continue // it lets itself be traced, and has stopped
		}
		if err != nil {
			return ended{Failure: "waiting: " + err.Error()}
		}
		var result ended
		if status.Signaled() {
			result.Signal = int(status.Signal())
		} else {
			result.ExitCode = status.ExitStatus()
		}
		return result
	}
}

func reapAll() {
	for {
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && err != syscall.EINTR {
			return // ECHILD: none is left
		}
	}
}

// kill ends the job for one of its limits; the first reason stands.
func (r *run) kill(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.killLocked(reason)
}

func (r *run) killLocked(reason string) {
	if r.killedFor == "" {
		r.killedFor = reason
		confined.killAll()
	}
}

// dumpTime is what a job gets to say where its goroutines are.
const dumpTime = 250 * time.Millisecond

// timeOut ends a job whose time is up. A Go program that gets SIGQUIT writes the stacks of its goroutines and exits; any
// other ends with it or is killed a moment later.
func (r *run) timeOut(pid int, streams *streams) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dumpLeft == 0 {
		r.killLocked("timeout")
		return
	}
	if r.killedFor != "" {
		return
	}
	r.killedFor = "timeout"
	for _, in := range []*inlet{streams.stdout, streams.stderr} {
		if in.endTime() != nil {
			confined.killAll() // what it would say now could not be told from what it said before
			return
		}
	}
	syscall.Kill(pid, syscall.SIGQUIT)
	time.AfterFunc(dumpTime, confined.killAll)
}

func (r *run) verdict() (killedFor string, dropped int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.killedFor, r.dropped
}
