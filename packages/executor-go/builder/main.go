// The builder turns a program's files into what can be executed, inside a build sandbox.
//
//	builder [LINKER [PACKAGES]]
//
// It waits for one request, a JSON object on stdin, so that it can be started ahead of it. The request's command says what
// to do with the files in its directory:
//
//	build     a binary, or one for each package with tests; see build.go
//	fetch     the modules that the program needs, into the module cache; see fetch.go
//	format    the same files, laid out; see format.go
//
// LINKER is a linker of ours, which loads PACKAGES ahead of the program where they are given; see linker.go. The toolchain's messages go to stderr;
// the builder's own report, JSON too, goes to stdout. It exits with one of the codes below.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
)

// Where things are; in a sandbox that has a root of its own, at the places that the server mounts them.
var (
	goroot   = os.Getenv("GOROOT")
	tmpDir   = os.Getenv("TMPDIR")
	artifact = tmpDir + "/prog"
)

const (
	exitProgram      = 1 // the program is wrong
	exitInternal     = 3 // we are
	exitNeedsModules = 4 // modules have to be fetched before it can be built
	exitFetch        = 5 // its modules can't be had
)

// command is what all requests have in common.
type command struct {
	Command string `json:"command"`
	// Directory is where the program's files are.
	Directory string `json:"directory"`
	// Processors is how many the tools may keep busy; 0: all.
	Processors int `json:"processors"`
}

func main() {
	var own ownLinker
	if len(os.Args) > 1 {
		own.path = os.Args[1]
	}
	if len(os.Args) > 2 {
		own.ahead = startLinker(own.path, os.Args[2])
	}
	request, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	var asked command
	if err := json.Unmarshal(request, &asked); err != nil {
		fail(err)
	}
	if err := os.Chdir(asked.Directory); err != nil {
		fail(err)
	}
	asked.limitProcessors()
	switch asked.Command {
	case "build":
		build(request, own)
	case "fetch":
		fetch(request)
	case "format":
		formatAll(request)
	default:
		fail(errors.New("unknown command " + strconv.Quote(asked.Command)))
	}
}

// limitProcessors holds for this process and for the tools that it starts.
func (asked command) limitProcessors() {
	if asked.Processors == 0 {
		return
	}
	runtime.GOMAXPROCS(asked.Processors)
	if err := os.Setenv("GOMAXPROCS", strconv.Itoa(asked.Processors)); err != nil {
		fail(err)
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
