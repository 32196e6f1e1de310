package main

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

// buildDirectly compiles and links what `go build` would, less its own work of finding that out. It answers how it was
// linked.
func buildDirectly(program *program, std *standardLibrary, own ownLinker) string {
	compile := std.tool("compile", "-o", object, "-trimpath", sourceDir()+"=>"+program.traceDir(), "-p", "main", "-lang="+std.language, "-complete",
		"-goversion", std.version, "-c="+strconv.Itoa(runtime.GOMAXPROCS(0)), "-nolocalimports", "-dwarf=false", "-importcfg", std.dir+"/compile.cfg", "-pack")
	for _, file := range program.files {
		compile.Args = append(compile.Args, "./"+file.path)
	}
	run(compile)
	if own.canLink(program, std) {
		if how := own.link(std); how != "" {
			return how
		}
	}
	link := std.tool("link", std.linkArgs(artifact)...)
	link.Env = linkEnvironment()
	run(link)
	return stockLinked
}

// run runs one tool; where it fails, so does the build, with the exit status that `go build` gives.
func run(tool *exec.Cmd) {
	if tool.Stdout == nil {
		tool.Stdout = os.Stderr
	}
	tool.Stderr = os.Stderr
	err := tool.Run()
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		os.Exit(exitProgram)
	}
	if err != nil {
		fail(err)
	}
}

// traceDir is where the program's files are said to be in traces: below the module, if they are one.
func (read *program) traceDir() string {
	if read.isOneFile() {
		return "."
	}
	return moduleName
}

func sourceDir() string {
	dir, err := os.Getwd()
	if err != nil {
		fail(err)
	}
	return dir
}
