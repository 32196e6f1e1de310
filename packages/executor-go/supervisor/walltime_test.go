package main

import (
	"testing"
	"time"
)

// Both conditions together are time that is given back; either alone is not.
func TestHeldTime(t *testing.T) {
	h := &held{}
	pause := func() { time.Sleep(5 * time.Millisecond) }
	h.setBlocked(true) // the server is slow
	pause()
	if got := h.until(time.Now()); got != 0 {
		t.Errorf("a slow server held the job up for %v", got)
	}
	h.setBlocked(false)
	h.setForClient(true) // the client is slow, and the buffers take what is written
	pause()
	if got := h.until(time.Now()); got != 0 {
		t.Errorf("a slow client held the job up for %v, which did not wait", got)
	}
	h.setBlocked(true)
	pause()
	h.setForClient(false)
	first := h.until(time.Now())
	if first < 5*time.Millisecond {
		t.Errorf("held up for %v", first)
	}
	pause()
	h.setBlocked(false)
	if got := h.until(time.Now()); got != first {
		t.Errorf("held up for %v, and then for %v", first, got)
	}
}

// A caller may have looked at the clock before the job was held up.
func TestHeldTimeNeverGoesBack(t *testing.T) {
	before := time.Now()
	h := &held{}
	h.setBlocked(true)
	h.setForClient(true)
	if got := h.until(before.Add(-time.Second)); got != 0 {
		t.Errorf("held up for %v", got)
	}
	r := &run{started: time.Now().Add(time.Hour), held: h}
	if got := r.ownTime(); got != 0 {
		t.Errorf("the job ran for %v", got)
	}
}
