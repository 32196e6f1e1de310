package main

import (
	"os"
	"os/exec"
	"strings"
)

// stdDir holds what is known about the compiled standard library, in a folder for each flavour; absent while that is
// being compiled.
var stdDir = os.Getenv("GORUNNER_STD")

// standardLibrary is what the server found out about the toolchain, once.
type standardLibrary struct {
	flavour    flavour
	dir        string // where this is said
	version    string // go1.26.8
	language   string // go1.26
	tools      string // where compile and link are
	importable map[string]bool
}

// readStd reads, for one flavour, `toolchain` (version, language and tool directory, a line each) and the packages that a program may
// import, which are those that the compiler is told about.
func readStd(flavour flavour) (*standardLibrary, error) {
	dir, err := located(stdDir+"/"+string(flavour), flavour)
	if err != nil {
		return nil, err
	}
	facts, err := os.ReadFile(dir + "/toolchain")
	if err != nil {
		return nil, err
	}
	config, err := os.ReadFile(dir + "/compile.cfg")
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(facts)), "\n")
	std := &standardLibrary{flavour: flavour, dir: dir, version: lines[0], language: lines[1], tools: lines[2], importable: map[string]bool{}}
	for line := range strings.Lines(string(config)) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "packagefile "), "="); ok {
			std.importable[name] = true
		}
	}
	return std, nil
}

func (std *standardLibrary) tool(name string, args ...string) *exec.Cmd {
	return exec.Command(std.tools+"/"+name, args...)
}
