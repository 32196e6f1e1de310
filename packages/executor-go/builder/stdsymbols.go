package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// stdSymbols knows what the packages of the standard library are called and what they export, from their source.
type stdSymbols struct {
	byName  map[string][]string // the import paths, the likeliest first
	exports map[string]map[string]bool
}

func readStdSymbols() *stdSymbols {
	known := &stdSymbols{byName: map[string][]string{}, exports: map[string]map[string]bool{}}
	for _, importPath := range importableStd() {
		name := nameOf(importPath)
		known.byName[name] = append(known.byName[name], importPath)
	}
	for _, paths := range known.byName {
		slices.SortFunc(paths, byLikelihood)
	}
	return known
}

// importableStd are the packages that a program may import.
func importableStd() []string {
	if std, err := readStd(realClock); err == nil {
		paths := []string{"unsafe"} // the compiler's own, of which it need not be told
		for importPath := range std.importable {
			paths = append(paths, importPath)
		}
		return paths
	}
	// While the standard library is being compiled, only the toolchain can tell.
	list := exec.Command(goroot+"/bin/go", "list", "std")
	var out bytes.Buffer
	list.Stdout = &out
	run(list)
	return slices.DeleteFunc(strings.Fields(out.String()), func(importPath string) bool {
		return slices.ContainsFunc(strings.Split(importPath, "/"), func(part string) bool { return part == "internal" || part == "vendor" })
	})
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// nameOf is the name of a package of the standard library: the last part of its path that is no version.
func nameOf(importPath string) string {
	if base := path.Base(importPath); !majorVersion.MatchString(base) {
		return base
	}
	return path.Base(path.Dir(importPath))
}

// byLikelihood orders packages of one name that export what is used: crypto/rand before math/rand, as goimports does, so
// that nobody gets weak randomness where both would do; text/template before html/template; else the shorter path.
func byLikelihood(a, b string) int {
	rank := func(importPath string) int {
		preferred := []string{"crypto/rand", "math/rand", "text/template"}
		if at := slices.Index(preferred, importPath); at >= 0 {
			return at
		}
		return len(preferred) + len(importPath)
	}
	if rank(a) != rank(b) {
		return rank(a) - rank(b)
	}
	return strings.Compare(a, b)
}

// find is the package of this name that exports all these symbols; empty where there is none.
func (known *stdSymbols) find(name string, symbols map[string]bool) string {
	for _, importPath := range known.byName[name] {
		exports := known.exportsOf(importPath)
		missing := false
		for symbol := range symbols {
			missing = missing || !exports[symbol]
		}
		if !missing {
			return importPath
		}
	}
	return ""
}

func (known *stdSymbols) exportsOf(importPath string) map[string]bool {
	if exports, ok := known.exports[importPath]; ok {
		return exports
	}
	exports := map[string]bool{}
	known.exports[importPath] = exports
	files, _ := filepath.Glob(filepath.Join(goroot, "src", importPath, "*.go"))
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			fail(err)
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, content, parser.SkipObjectResolution)
		if err != nil {
			fail(err)
		}
		for _, name := range declaredIn(syntax) {
			exports[name] = ast.IsExported(name)
		}
	}
	return exports
}

// declaredIn are the names that a file declares in its package.
func declaredIn(file *ast.File) []string {
	var names []string
	for _, declaration := range file.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			if declaration.Recv == nil {
				names = append(names, declaration.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}
