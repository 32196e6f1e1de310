// The builder turns a program's files into what can be executed, inside a build sandbox. It works in its current
// directory, where the files are.
//
//	builder build REQUEST     a binary, or one for each package with tests; see build.go
//	builder fetch REQUEST     the modules that the program needs, into the module cache; see fetch.go
//	builder format REQUEST    the same files, laid out; see format.go
//
// Requests are JSON objects. The toolchain's messages go to stderr; its own report, JSON too, goes to stdout. It exits with
// one of the codes below.
package main

import (
	"errors"
	"fmt"
	"os"
)

const (
	goroot   = "/usr/local/go"
	artifact = "/tmp/prog"

	exitProgram      = 1 // the program is wrong
	exitInternal     = 3 // we are
	exitNeedsModules = 4 // modules have to be fetched before it can be built
	exitFetch        = 5 // its modules can't be had
)

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: builder build|fetch|format REQUEST"))
	}
	switch command, argument := os.Args[1], os.Args[2]; command {
	case "build":
		build(argument)
	case "fetch":
		fetch(argument)
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
