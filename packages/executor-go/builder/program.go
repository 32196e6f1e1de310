package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// program is what the user sent, as far as the way to build it depends on it.
type program struct {
	// files are the Go files of packages, slash-separated, in the order of their folders and names.
	files []sourceFile
	// hasModule is whether there is a go.mod.
	hasModule bool
	// hasOthers is whether there are files that are no Go files of a package.
	hasOthers bool
	// isPackage is whether even one file has to be a package of a module: for its tests, or for modules that it imports.
	isPackage bool
}

type sourceFile struct {
	path   string
	places *token.FileSet
	syntax *ast.File // up to the imports, or whole where there may be tests
	err    error     // its first mistake
	main   bool      // declares main.main
	tests  bool      // declares something that `go test` runs
	// isLeftOut is whether the go command passes over the file when it builds its package.
	isLeftOut bool

	linknames bool // may reach into other packages
}

func (file *sourceFile) dir() string { return filepath.Dir(file.path) }

// place is where something stands in the file, as the compiler tells it, whatever a line directive says.
func (file *sourceFile) place(what ast.Node) string {
	at := file.places.PositionFor(what.Pos(), false)
	return fmt.Sprintf("%s:%d:%d", file.path, at.Line, at.Column)
}

func (file *sourceFile) isTestFile() bool { return strings.HasSuffix(file.path, "_test.go") }

// hasTests is whether it has tests that can be run.
func (file *sourceFile) hasTests() bool { return file.tests && !file.isLeftOut }

// readProgram looks at all files below the current directory. Benchmarks count as tests where they were asked for.
func readProgram(asked request) (*program, error) {
	read := new(program)
	contents := map[string][]byte{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if path != "." && isIgnored(entry.Name()) {
				read.hasOthers = true
				return filepath.SkipDir
			}
		case path == "go.mod":
			read.hasModule = true
		case filepath.Ext(path) == ".go" && !isIgnored(entry.Name()):
			contents[path], err = os.ReadFile(path)
			return err
		default:
			read.hasOthers = true
		}
		return nil
	})
	// Only where there may be tests does it matter what the files declare.
	whole := slices.ContainsFunc(slices.Collect(maps.Values(contents)), mayHoldTests)
	for _, path := range slices.Sorted(maps.Keys(contents)) {
		file := parse(path, contents[path], whole)
		if whole {
			file.lookForTests(asked)
		}
		read.files = append(read.files, file)
	}
	return read, err
}

// isIgnored is what the go command passes over when it looks for packages (`go help packages`).
func isIgnored(name string) bool {
	return name == "testdata" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".")
}

func parse(path string, content []byte, whole bool) sourceFile {
	mode := parser.ImportsOnly | parser.ParseComments
	if whole {
		mode = parser.ParseComments | parser.SkipObjectResolution
	}
	places := token.NewFileSet()
	syntax, err := parser.ParseFile(places, path, content, mode)
	linknames := bytes.Contains(content, []byte("//go:linkname"))
	return sourceFile{path: path, places: places, syntax: syntax, err: err, linknames: linknames}
}

// lookForTests finds out what the file declares, as far as that could be parsed.
func (file *sourceFile) lookForTests(asked request) {
	if file.syntax == nil {
		return
	}
	for _, declaration := range file.syntax.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil {
			continue
		}
		file.main = file.main || (function.Name.Name == "main" && file.syntax.Name.Name == "main")
		file.tests = file.tests || isTest(function, asked.Mode == "bench")
	}
	file.isLeftOut = (file.main || file.tests) && isLeftOut(file, asked.flavour())
}

// mayHoldTests is a cheap look: a file in which none of these stands declares nothing that `go test` would run.
func mayHoldTests(content []byte) bool {
	for _, word := range [][]byte{[]byte("Test"), []byte("Example"), []byte("Fuzz"), []byte("Benchmark")} {
		if bytes.Contains(content, word) {
			return true
		}
	}
	return false
}

// isTest tells as `go test` does (cmd/go/internal/load/test.go) what is a test by its name and its parameter.
func isTest(function *ast.FuncDecl, benchmarks bool) bool {
	name, parameters := function.Name.Name, function.Type.Params.NumFields()
	switch {
	case function.Type.TypeParams.NumFields() > 0 || function.Type.Results.NumFields() > 0:
		return false
	case isNamed(name, "Example"):
		return parameters == 0
	case isNamed(name, "Test") && name != "TestMain", isNamed(name, "Fuzz"), benchmarks && isNamed(name, "Benchmark"):
		return parameters == 1
	}
	return false
}

// isNamed is whether the prefix ends where a word does: TestFoo, Test_foo and Test, but not Testify.
func isNamed(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok || rest == "" {
		return ok
	}
	first, _ := utf8.DecodeRuneInString(rest)
	return !unicode.IsLower(first)
}

// hasMain is whether the package at the root has a main function. It is known only where there are tests.
func (read *program) hasMain() bool {
	for _, file := range read.files {
		if file.dir() == "." && !file.isTestFile() && file.main && (!file.isLeftOut || read.isOneFile()) {
			return true
		}
	}
	return false
}

// hasTests counts also those that are left out: it is to be told that they are.
func (read *program) hasTests() bool {
	return slices.ContainsFunc(read.files, func(file sourceFile) bool { return file.tests })
}

func (read *program) hasLinknames() bool {
	return slices.ContainsFunc(read.files, func(file sourceFile) bool { return file.linknames })
}

// isOneFile is whether there is nothing but one Go file, which the go command is then given by its name: build
// constraints, in it or in its name, don't count.
func (read *program) isOneFile() bool {
	return !read.isPackage && len(read.files) == 1 && read.files[0].dir() == "." && !read.files[0].isTestFile() && !read.hasModule && !read.hasOthers
}
