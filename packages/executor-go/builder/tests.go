package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// buildTests builds a test binary for each package that has tests, and puts them into the artifact one behind another. One
// that can't be built keeps the others from nothing, unless there are none.
func buildTests(program *program, asked request) {
	dirs := program.testedDirs()
	own := program.readModule()
	program.checkPackages(own, asked)
	program.isPackage = true
	program.ensureModule(asked.Language)
	joined, err := os.OpenFile(artifact, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		fail(err)
	}
	told := report{Taken: "go test", Linker: stockLinked, Tests: true}
	var complaints complaints
	for i, dir := range dirs {
		binary := tmpDir + "/test-" + strconv.Itoa(i)
		moved := program.moveTests(dir, own)
		built := builtProgram{Package: path.Join(own.Module.Path, dir), Dir: dir}
		// vet has a request of its own.
		output, ok := succeeds(goCommand("test", asked.flavour(), "-vet=off", "-c", "-o", binary, "./"+dir))
		if ok {
			built.Bytes = appendFile(joined, binary, dir)
		} else {
			built.Failed, built.Complaint = true, complaints.add(output)
		}
		told.Programs = append(told.Programs, built)
		if asked.Vet {
			told.vet(asked, "./"+dir)
		}
		moveBack(moved)
	}
	if err := joined.Close(); err != nil {
		fail(err)
	}
	if !slices.ContainsFunc(told.Programs, func(program builtProgram) bool { return !program.Failed }) {
		os.Exit(exitProgram)
	}
	if others := program.otherDirs(own, asked, dirs); asked.Vet && len(others) > 0 {
		told.vet(asked, others...)
	}
	tell(told)
}

// testedDirs are the folders of packages that have tests; it refuses a program that has none that can be run.
func (read *program) testedDirs() []string {
	var dirs, leftOut []string
	for _, file := range read.files {
		if file.isLeftOut && file.tests {
			leftOut = append(leftOut, file.place(file.syntax.Name)+": its tests are left out, by a build constraint in the file or in its name, or by the name of its package")
		}
		if file.hasTests() && !slices.Contains(dirs, file.dir()) {
			checkFolder(&file)
			dirs = append(dirs, file.dir())
		}
	}
	switch {
	case len(dirs) > 0:
		return dirs
	case len(leftOut) > 0:
		refuse(strings.Join(leftOut, "\n"))
	default:
		refuse("there are no tests: no function is named Test…, Example… or Fuzz… (and in mode bench Benchmark…) as `go help testfunc` asks")
	}
	return nil
}

// checkFolder refuses a folder that the go command would not take for a package's, or would take for several packages'.
func checkFolder(file *sourceFile) {
	if dir := file.dir(); !wellFormed.MatchString(dir) || strings.Contains(dir, "...") {
		refuse(fmt.Sprintf("%s: no package can be in the folder %q: use letters from a to z, digits and - . _ ~ +, and no three dots", file.place(file.syntax.Name), dir))
	}
}

// otherDirs are the folders of packages without tests.
func (read *program) otherDirs(own module, asked request, tested []string) []string {
	var others []string
	for _, file := range read.builtFiles(own, asked) {
		if dir := file.dir(); !slices.Contains(tested, dir) && !slices.Contains(others, "./"+dir) {
			others = append(others, "./"+dir)
		}
	}
	return others
}

func appendFile(to io.Writer, path, dir string) int64 {
	from, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		refuse(fmt.Sprintf("the go command finds no tests in the folder %q", dir))
	}
	if err != nil {
		fail(err)
	}
	defer from.Close()
	bytes, err := io.Copy(to, from)
	if err != nil {
		fail(err)
	}
	removeFile(path)
	return bytes
}
