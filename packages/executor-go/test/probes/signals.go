// Sends real-time signals to pid 1 while it handles others, for as long as is asked for.
package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

func main() {
	for _, signal := range []syscall.Signal{1, 2, 15, 32, 33, 34} {
		go func() {
			for {
				syscall.Kill(1, signal)
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
