// Works in processes that are gone before the next begins, so that at no time much has been used by those that live.
package main

import (
	"os"
	"time"
)

func main() {
	switch os.Args[len(os.Args)-1] {
	case "orphan":
		for begun := time.Now(); time.Since(begun) < 150*time.Millisecond; {
		}
	case "parent":
		start("orphan")
	default:
		for range 10 {
			start("parent").Wait()
			time.Sleep(400 * time.Millisecond)
		}
	}
}

func start(kind string) *os.Process {
	process, err := os.StartProcess("/app/prog", []string{"/app/prog", kind}, &os.ProcAttr{})
	if err != nil {
		panic(err)
	}
	return process
}
