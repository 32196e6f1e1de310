// Leaves a process behind that never ends and holds stdout open.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		for {
		}
	}
	fmt.Println("parent")
	_, err := os.StartProcess("/app/prog", []string{"/app/prog", "child"}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}})
	if err != nil {
		panic(err)
	}
}
