package main

import (
	"os"
	"os/exec"
)

// flavour is which standard library a program is built with, as a list of build tags: none, or the fake clock's.
type flavour string

const (
	realClock flavour = "real"
	fakeClock flavour = "fake"
)

func (asked request) flavour() flavour {
	if asked.Clock == "fake" {
		return fakeClock
	}
	return realClock
}

// goCommand is `go VERB` with the flags under which the standard library was compiled.
func goCommand(verb string, flavour flavour, args ...string) *exec.Cmd {
	all := []string{verb, "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}
	if flavour == fakeClock {
		all = append(all, "-tags=faketime")
	}
	return exec.Command(goroot+"/bin/go", append(all, args...)...)
}

// goBuild leaves the program to `go build`; it answers which way was taken, and why.
func goBuild(program *program, asked request, reason string) string {
	program.checkPackages(program.readModule(), asked)
	what := "."
	if program.isOneFile() {
		what = program.files[0].path
	}
	program.ensureModule(asked.Language)
	run(goCommand("build", asked.flavour(), "-buildmode=exe", "-o", artifact, what))
	return "go build: " + reason
}

const allPackages = "./..."

// target is what the go command is told to look at.
func (read *program) target() string {
	if read.isOneFile() {
		return read.files[0].path
	}
	return allPackages
}

// moduleName is the path of a program that does not say it, as on the Go Playground.
const moduleName = "play"

// ensureModule makes several files a module, in the toolchain's own language, where the user left that out.
func (read *program) ensureModule(language string) {
	if read.hasModule || read.isOneFile() {
		return
	}
	content := "module " + moduleName + "\n"
	if language != "" {
		content += "\ngo " + language + "\n"
	}
	if err := os.WriteFile("go.mod", []byte(content), 0o644); err != nil {
		fail(err)
	}
}
