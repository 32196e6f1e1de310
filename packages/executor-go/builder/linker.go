package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
)

// How a binary was linked.
const (
	stockLinked     = "stock"
	ownLinked       = "own"
	preloadedLinked = "preloaded"
)

// object is what the compiler makes of the program, and the linker takes.
var object = tmpDir + "/main.a"

// linkedAhead is not yet the artifact: a linker makes its file at its start, and others may be the ones to build.
var linkedAhead = tmpDir + "/linked"

// ownLinker is a linker of ours, the toolchain's own but for what ../linker holds. The zero value is none.
type ownLinker struct {
	path string
	// ahead is one that was started ahead of the program; nil where there was no time for that.
	ahead *preloadedLinker
}

// preloadedLinker is one that loads packages of the standard library ahead of the program, and then waits for it.
type preloadedLinker struct {
	process *exec.Cmd
	begin   io.WriteCloser
	said    bytes.Buffer
}

// startLinker starts one that loads packages, a list with commas. It is nil where there can be none; the toolchain's
// own linker does as well, later.
func startLinker(path, packages string) *preloadedLinker {
	std, err := readStd(realClock)
	if err != nil {
		return nil
	}
	linker := &preloadedLinker{process: exec.Command(path, std.linkArgs(linkedAhead)...)}
	linker.process.Env = append(linkEnvironment(), "GORUNNER_PRELOAD="+packages)
	linker.process.Stdout, linker.process.Stderr = &linker.said, &linker.said
	if linker.begin, err = linker.process.StdinPipe(); err != nil {
		return nil
	}
	if linker.process.Start() != nil {
		return nil
	}
	return linker
}

// canLink is whether the binary would be the same as the stock linker's. Where a program defines symbols of other
// packages, which definition stands may depend on which package was loaded first.
func (linker ownLinker) canLink(program *program, std *standardLibrary) bool {
	return linker.path != "" && std.flavour == realClock && !program.hasLinknames()
}

// link links the object and answers how; with an empty string where it fails, for the stock linker to say why: it may have
// gone for reasons of its own.
func (linker ownLinker) link(std *standardLibrary) string {
	if linker.ahead != nil {
		if linker.ahead.link() {
			return preloadedLinked
		}
		return ""
	}
	link := exec.Command(linker.path, std.linkArgs(artifact)...)
	link.Env = linkEnvironment()
	said, err := link.CombinedOutput()
	if err != nil {
		return ""
	}
	os.Stderr.Write(said)
	return ownLinked
}

// link is whether it has linked the object.
func (linker *preloadedLinker) link() bool {
	_, err := fmt.Fprintln(linker.begin, runtime.GOMAXPROCS(0))
	if linker.process.Wait() != nil || err != nil {
		return false
	}
	if err := os.Rename(linkedAhead, artifact); err != nil {
		fail(err)
	}
	os.Stderr.Write(linker.said.Bytes())
	return true
}

func (std *standardLibrary) linkArgs(out string) []string {
	return []string{"-o", out, "-importcfg", std.dir + "/link.cfg", "-buildmode=exe", "-s", "-w", object}
}

// linkEnvironment is as go's with -trimpath: the binary must not know where the toolchain lay.
func linkEnvironment() []string {
	return append(os.Environ(), "GOROOT=")
}
