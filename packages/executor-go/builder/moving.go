package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// movedFile is a file with tests that has another name for a while.
type movedFile struct {
	path, renamed string
	content       []byte
}

// moveTests gives the files of a folder that hold tests the names under which `go test` looks for them. That is for the time
// in which the folder's own tests are built: to other packages they are files like others. The line directive keeps the name
// that the user knows in messages and traces.
func (read *program) moveTests(dir string, own module) []movedFile {
	var moved []movedFile
	for _, file := range read.files {
		if file.dir() != dir || !file.hasTests() || file.isTestFile() {
			continue
		}
		content, err := os.ReadFile(file.path)
		if err != nil {
			fail(err)
		}
		each := movedFile{file.path, freeTestName(file.path), content}
		removeFile(each.path)
		if read.isImported(dir, own.Module.Path) {
			// The tests may import somebody who imports this package: for the go command it has to be one without them, too.
			writeFile(each.path, []byte("package "+file.syntax.Name.Name+"\n"))
		}
		// Only at the start of a file is a byte order mark allowed.
		content = bytes.TrimPrefix(content, []byte("\ufeff"))
		directive := fmt.Sprintf("//line %s/%s:1:1\n", sourceDir(), file.path)
		writeFile(each.renamed, append([]byte(directive), content...))
		moved = append(moved, each)
	}
	return moved
}

func moveBack(moved []movedFile) {
	for _, each := range moved {
		removeFile(each.renamed)
		writeFile(each.path, each.content)
	}
}

// isImported is whether another package of the program imports the one in this folder.
func (read *program) isImported(dir, module string) bool {
	for _, file := range read.files {
		if file.syntax == nil || file.dir() == dir {
			continue
		}
		for _, spec := range file.syntax.Imports {
			if importPath(spec) == path.Join(module, dir) {
				return true
			}
		}
	}
	return false
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

func removeFile(path string) {
	if err := os.Remove(path); err != nil {
		fail(err)
	}
}

func writeFile(path string, content []byte) {
	if err := os.WriteFile(path, content, 0o644); err != nil {
		fail(err)
	}
}
