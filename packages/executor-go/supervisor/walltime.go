package main

import (
	"sync"
	"time"
)

// held is how long a job has been held up by a server that does not take its output: not the job's own time. What it may
// take altogether is the server's to bound.
type held struct {
	mu    sync.Mutex
	count int // of those that wait for the server now
	since time.Time
	total time.Duration
}

func (h *held) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == 0 {
		h.since = time.Now()
	}
	h.count++
}

func (h *held) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	if h.count == 0 {
		h.total += time.Since(h.since)
	}
}

func (h *held) time() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == 0 {
		return h.total
	}
	return h.total + time.Since(h.since)
}

// ownTime is how long the job has run, less what it was held up.
func (r *run) ownTime() time.Duration {
	return time.Since(r.started) - r.held.time()
}

// heldTick is how long it takes at most until a job is given the time again in which it was held up.
const heldTick = time.Millisecond

// watchTime calls timeOut when the job has had its time. It looks again when that could be at the earliest.
func (r *run) watchTime(limit time.Duration, timeOut func(), done <-chan struct{}) {
	for {
		left := limit - r.ownTime()
		if left <= 0 {
			timeOut()
			return
		}
		select {
		case <-done:
			return
		case <-time.After(max(left, heldTick)):
		}
	}
}
