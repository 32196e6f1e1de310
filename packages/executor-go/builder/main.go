// The builder turns a program's files into what can be executed, inside a build sandbox. It works in its current
// directory, where the files are.
//
//	builder build REQUEST     a binary, or one for each package with tests; see build.go
//	builder format REQUEST    the same files, laid out; see format.go
//
// Requests are JSON objects. The toolchain's messages go to stderr; its own report, JSON too, goes to stdout. It exits with 1 when the program
// can't be built, and with 3 when it can't do its own work.
package main

import (
	"errors"
	"fmt"
	"os"
)

const (
	goroot   = "/usr/local/go"
	artifact = "/tmp/prog"

	exitProgram  = 1 // the program is wrong
	exitInternal = 3 // we are
)

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: builder build|format REQUEST"))
	}
	switch command, argument := os.Args[1], os.Args[2]; command {
	case "build":
		build(argument)
	case "format":
		formatAll(argument)
	default:
		fail(fmt.Errorf("unknown command %q", command))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "builder:", err)
	os.Exit(exitInternal)
}

// refuse says what is wrong with the program, as the toolchain would.
func refuse(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(exitProgram)
}
