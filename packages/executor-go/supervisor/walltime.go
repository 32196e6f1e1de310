package main

import (
	"sync"
	"time"
)

// held is how long a job has been held up by a client that does not take its output: not the job's own time.
//
// That is the time in which two things are true at once: the server says that it waits for the client, and a write to the
// server waits for room. A server that is only slow holds nothing up, and neither does a client as long as the buffers on
// the way take what the job writes. How long it may be altogether is the server's to bound.
type held struct {
	mu        sync.Mutex
	forClient bool // the server waits for the client
	blocked   bool // a write to the server waits for room
	since     time.Time
	total     time.Duration
}

func (h *held) setForClient(is bool) {
	h.change(func() { h.forClient = is })
}

func (h *held) setBlocked(is bool) {
	h.change(func() { h.blocked = is })
}

func (h *held) change(set func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	h.total = h.untilLocked(now)
	h.since = now
	set()
}

// until is how long it has been by then.
func (h *held) until(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.untilLocked(now)
}

func (h *held) untilLocked(now time.Time) time.Duration {
	if !h.forClient || !h.blocked {
		return h.total
	}
	// It may have changed since the caller looked at the clock.
	return h.total + max(0, now.Sub(h.since))
}

// ownTime is how long the job has run, less what it was held up.
func (r *run) ownTime() time.Duration {
	now := time.Now()
	return max(0, now.Sub(r.started)-r.held.until(now))
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
