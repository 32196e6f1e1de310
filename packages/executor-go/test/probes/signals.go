// Sends real-time signals to pid 1, also by the numbers of its threads, while it handles others, for as long as is asked for.
package main

import (
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

func main() {
	pids := []int{1}
	threads, err := os.ReadDir("/proc/1/task")
	if err != nil {
		panic(err)
	}
	for _, thread := range threads {
		pid, err := strconv.Atoi(thread.Name())
		if err != nil {
			panic(err)
		}
		pids = append(pids, pid)
	}
	for _, signal := range []syscall.Signal{1, 2, 15, 32, 33, 34} {
		go func() {
			for {
				for _, pid := range pids {
					syscall.Kill(pid, signal)
				}
				runtime.Gosched()
			}
		}()
	}
	duration, err := time.ParseDuration(os.Args[1])
	if err != nil {
		panic(err)
	}
	time.Sleep(duration)
	println("survived")
}
