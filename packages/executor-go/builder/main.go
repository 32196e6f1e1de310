// The builder turns a program's files into a binary, inside a build sandbox. For a plain program (package main, only
// the standard library) it drives the compiler and the linker itself, which is what `go build` would do less its own
// work of finding that out; for everything else it becomes `go build`.
//
//	builder auto|direct|go FILE.go...
//
// The toolchain's messages go to stderr. Its own word, which of the two it chose, goes to stdout.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

const (
	goroot   = "/usr/local/go"
	artifact = "/tmp/prog"
	// stdDir holds what is known about the compiled standard library; absent while it is being compiled.
	stdDir = "/std"
)

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: builder auto|direct|go FILE.go..."))
	}
	how, files := os.Args[1], os.Args[2:]
	if how == "go" {
		goBuild(files, "asked for")
	}
	std, err := readStd()
	if err != nil {
		goBuild(files, "the standard library is not compiled yet")
	}
	if reason := needsGoBuild(files, std); reason != "" {
		if how == "direct" {
			fail(errors.New("it needs go build: " + reason))
		}
		goBuild(files, reason)
	}
	fmt.Println("direct")
	buildDirectly(files, std)
}

// buildDirectly compiles and links, and exits as `go build` would.
func buildDirectly(files []string, std *standardLibrary) {
	const object = "/tmp/main.a"
	compile := std.tool("compile", "-o", object, "-trimpath", sourceDir()+"=>.", "-p", "main", "-lang="+std.language, "-complete",
		"-goversion", std.version, "-c=2", "-nolocalimports", "-dwarf=false", "-importcfg", stdDir+"/compile.cfg", "-pack")
	for _, file := range files {
		compile.Args = append(compile.Args, "./"+file)
	}
	run(compile)
	link := std.tool("link", "-o", artifact, "-importcfg", stdDir+"/link.cfg", "-buildmode=exe", "-s", "-w", object)
	// As go does with -trimpath: the binary must not know where the toolchain lay.
	link.Env = append(os.Environ(), "GOROOT=")
	run(link)
}

// run runs one tool; where it fails, so does the build, with the exit status that `go build` gives.
func run(tool *exec.Cmd) {
	tool.Stdout, tool.Stderr = os.Stderr, os.Stderr
	err := tool.Run()
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		os.Exit(1)
	}
	if err != nil {
		fail(err)
	}
}

// goBuild replaces this process.
func goBuild(files []string, reason string) {
	fmt.Println("go build:", reason)
	if err := syscall.Dup2(2, 1); err != nil {
		fail(err)
	}
	args := []string{"go", "build", "-trimpath", "-buildvcs=false", "-buildmode=exe", "-ldflags=-s -w", "-o", artifact}
	fail(syscall.Exec(goroot+"/bin/go", append(args, files...), os.Environ()))
}

func sourceDir() string {
	dir, err := os.Getwd()
	if err != nil {
		fail(err)
	}
	return dir
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "builder:", err)
	os.Exit(3)
}
