package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// buildTests builds a test binary for each package that has tests, and puts them into the artifact one behind another.
func buildTests(program *program, asked request) {
	dirs := program.testedDirs()
	if len(dirs) == 0 {
		refuse("there are no tests: no function is named Test…, Example… or Fuzz… (and in mode bench Benchmark…) as `go help testfunc` asks")
	}
	program.moveTests(program.readModule(), asked.Mode == "bench")
	program.isPackage = true
	program.ensureModule(asked.Language)
	paths := importPaths(dirs)
	joined, err := os.OpenFile(artifact, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		fail(err)
	}
	told := report{Taken: "go test", Linker: stockLinked, Tests: true}
	for i, dir := range dirs {
		binary := tmpDir + "/test-" + strconv.Itoa(i)
		// vet has a request of its own.
		run(goCommand("test", asked.flavour(), "-vet=off", "-c", "-o", binary, "./"+dir))
		bytes := appendFile(joined, binary)
		told.Programs = append(told.Programs, builtProgram{Package: paths[i], Dir: dir, Bytes: bytes})
	}
	if err := joined.Close(); err != nil {
		fail(err)
	}
	told.vet(program, asked)
	tell(told)
}

// testedDirs are the folders of packages that have tests.
func (read *program) testedDirs() []string {
	var dirs []string
	for _, file := range read.files {
		if file.tests && !slices.Contains(dirs, file.dir()) {
			dirs = append(dirs, file.dir())
		}
	}
	return dirs
}

// moveTests gives files with tests the names under which `go test` looks for them, and leaves behind what other packages
// import. The line directive keeps the name that the user knows in messages and traces.
func (read *program) moveTests(own module, benchmarks bool) {
	for _, file := range read.files {
		if !file.tests || file.isTestFile() {
			continue
		}
		content, err := os.ReadFile(file.path)
		if err != nil {
			fail(err)
		}
		renamed := freeTestName(file.path)
		if err := os.Remove(file.path); err != nil {
			fail(err)
		}
		if read.isImported(file.dir(), own.Module.Path) {
			tests, rest := file.splitTests(content, benchmarks)
			writeFile(file.path, rest)
			content = tests
		}
		// Only at the start of a file is a byte order mark allowed.
		content = bytes.TrimPrefix(content, []byte("\ufeff"))
		directive := fmt.Sprintf("//line %s:1:1\n", filepath.Base(file.path))
		writeFile(renamed, append([]byte(directive), content...))
	}
}

// freeTestName is a name under which `go test` finds a file. What its own says of systems and processors stays as it is:
// the go command looks for that behind the first underscore.
func freeTestName(path string) string {
	dir, name := filepath.Split(strings.TrimSuffix(path, ".go"))
	for {
		renamed := dir + name + "_test.go"
		if _, err := os.Lstat(renamed); errors.Is(err, os.ErrNotExist) {
			return renamed
		}
		name = "x" + name // the user has both
	}
}

func writeFile(path string, content []byte) {
	if err := os.WriteFile(path, content, 0o644); err != nil {
		fail(err)
	}
}

// importPaths are those of the packages in these folders.
func importPaths(dirs []string) []string {
	list := exec.Command(goroot+"/bin/go", "list", "-e", "-f", "{{.ImportPath}}")
	for _, dir := range dirs {
		list.Args = append(list.Args, "./"+dir)
	}
	var out bytes.Buffer
	list.Stdout = &out
	run(list)
	paths := strings.Fields(out.String())
	if len(paths) != len(dirs) {
		fail(fmt.Errorf("go list told %d packages of %d", len(paths), len(dirs)))
	}
	return paths
}

func appendFile(to io.Writer, path string) int64 {
	from, err := os.Open(path)
	if err != nil {
		fail(err)
	}
	defer from.Close()
	bytes, err := io.Copy(to, from)
	if err != nil {
		fail(err)
	}
	if err := os.Remove(path); err != nil {
		fail(err)
	}
	return bytes
}
