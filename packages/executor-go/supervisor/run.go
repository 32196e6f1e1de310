package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

const chunkBytes = 32 << 10

// run is one job under way.
type run struct {
	out     *frameWriter
	started time.Time

	mu        sync.Mutex
	left      int64 // bytes of output that still fit
	dropped   int64
	killedFor string
	dumping   bool // its time is up, and it may say where its goroutines are
}

// run starts the job, waits for it, and ends all that it started.
func (work *job) run(out *frameWriter) ended {
	if err := work.writeFiles(); err != nil {
		return ended{Failure: "writing files: " + err.Error()}
	}
	if err := work.Limits.apply(); err != nil {
		return ended{Failure: "setting limits: " + err.Error()}
	}
	streams, err := openStreams(work.stdin)
	if err != nil {
		return ended{Failure: "opening pipes: " + err.Error()}
	}
	current := &run{out: out, started: time.Now(), left: work.OutputBytes}
	pid, err := syscall.ForkExec(work.Argv[0], work.Argv, &syscall.ProcAttr{Dir: work.Cwd, Env: work.Env, Files: streams.ofJob()})
	streams.closeJobEnds()
	if err != nil {
		// The file is there; what is wrong is in it: no loader for it, too large for the limits, no program at all.
		return ended{Unstartable: err.Error()}
	}
	timer := time.AfterFunc(time.Duration(work.TimeoutMs)*time.Millisecond, func() { current.timeOut(pid, work.DumpBytes) })
	pumps := current.pumps(streams, work.FakeClock)
	done := make(chan struct{})
	if work.CPUMs > 0 {
		go current.watchCPU(time.Duration(work.CPUMs)*time.Millisecond, done)
	}

	result := waitFor(pid)
	timer.Stop()
	close(done)
	result.WallNs = time.Since(current.started).Nanoseconds()
	// The job is over when its first process is. Whatever it left behind dies now, which also closes the pipes.
	killAll()
	reapAll()
	pumps.Wait()
	result.KilledFor, result.DroppedBytes = current.verdict()
	if work.Artifact != "" && result.ExitCode == 0 && result.Signal == 0 {
		if result.ArtifactBytes, err = handOver(work.Artifact); err != nil {
			result.ArtifactFailure = err.Error()
		}
	}
	return result
}

// pumps forwards the job's output until its last writer is gone.
func (r *run) pumps(streams *streams, fakeClock bool) *sync.WaitGroup {
	pumps := new(sync.WaitGroup)
	start := func(pump func()) {
		pumps.Add(1)
		go func() {
			defer pumps.Done()
			pump()
		}()
	}
	if fakeClock {
		start(func() { r.merge(streams.stdout, streams.stderr) })
	} else {
		start(func() { r.pump(kindStdout, streams.stdout) })
		start(func() { r.pump(kindStderr, streams.stderr) })
	}
	return pumps
}

// waitFor reaps children until pid has ended: as pid 1 this process inherits every orphan.
func waitFor(pid int) ended {
	for {
		var status syscall.WaitStatus
		var usage syscall.Rusage
		reaped, err := syscall.Wait4(-1, &status, 0, &usage)
		if err == syscall.EINTR || (err == nil && reaped != pid) {
			continue
		}
		if err != nil {
			return ended{Failure: "waiting: " + err.Error()}
		}
		result := ended{CPUNs: usage.Utime.Nano() + usage.Stime.Nano(), PeakBytes: usage.Maxrss << 10}
		if status.Signaled() {
			result.Signal = int(status.Signal())
		} else {
			result.ExitCode = status.ExitStatus()
		}
		return result
	}
}

// killAll ends every other process of the pid namespace.
func killAll() { syscall.Kill(-1, syscall.SIGKILL) }

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
		killAll()
	}
}

// dumpTime is what a job gets to say where its goroutines are.
const dumpTime = 250 * time.Millisecond

// timeOut ends a job whose time is up. A Go program that gets SIGQUIT writes the stacks of its goroutines and exits; any
// other ends with it or is killed a moment later.
func (r *run) timeOut(pid int, dumpBytes int64) {
	if dumpBytes == 0 {
		r.kill("timeout")
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.killedFor != "" {
		return
	}
	r.killedFor = "timeout"
	// A limit of its own: the job may have used up that of its output.
	r.dumping, r.left = true, dumpBytes
	syscall.Kill(pid, syscall.SIGQUIT)
	time.AfterFunc(dumpTime, killAll)
}

func (r *run) verdict() (killedFor string, dropped int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.killedFor, r.dropped
}

// pump sends what the job writes to one stream until its last writer is gone.
func (r *run) pump(kind byte, from *os.File) {
	defer from.Close()
	buffer := make([]byte, frameHeader+chunkBytes)
	for {
		count, err := from.Read(buffer[frameHeader:])
		r.send(kind, time.Since(r.started).Nanoseconds(), buffer[:frameHeader+count])
		if err != nil {
			return
		}
	}
}

// send sends output, as much of it as still fits; it stands in buffer behind room for the header.
func (r *run) send(kind byte, timeNs int64, buffer []byte) {
	kind, kept := r.admit(kind, len(buffer)-frameHeader)
	if kept > 0 && r.out.send(kind, timeNs, buffer[:frameHeader+kept]) != nil {
		os.Exit(1) // the server has gone
	}
}

// admit counts output and answers as what, and how much of it, is kept; the first byte too many ends the job.
func (r *run) admit(kind byte, count int) (byte, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := min(int64(count), r.left)
	if r.dumping && kind == kindStdout {
		kept = 0
	} else if r.dumping {
		kind = kindDump
	}
	r.left -= kept
	over := int64(count) - kept
	r.dropped += over
	if over > 0 {
		r.killLocked("output")
	}
	return kind, int(kept)
}

// handOver copies a finished job's artifact to the server's file. Nobody else is left in the sandbox that could
// exchange it meanwhile; O_NOFOLLOW and the check of its type guard against what it was before.
func handOver(path string) (int64, error) {
	from, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s is not a regular file", path)
	}
	to := os.NewFile(artifactFd, "artifact")
	count, err := io.Copy(to, from)
	return count, errors.Join(err, to.Close())
}
