package main

import (
	"go/ast"
	"path/filepath"
	"strconv"
	"strings"
)

// needsGoBuild says why these files are no plain program; empty: they are one. It asks Go's own parser, and where that
// finds a mistake leaves it to `go build` to say so in its own words.
func (read *program) needsGoBuild(std *standardLibrary) string {
	if read.hasModule {
		return "a go.mod"
	}
	for _, file := range read.files {
		if reason := read.fileNeedsGoBuild(&file, std); reason != "" {
			return reason
		}
	}
	if len(read.files) == 0 {
		return "no Go files"
	}
	return ""
}

func (read *program) fileNeedsGoBuild(file *sourceFile, std *standardLibrary) string {
	switch {
	case file.err != nil:
		return "a mistake before the first declaration"
	case file.dir() != ".":
		return "several packages"
	case !read.isOneFile() && mayBeExcluded(file):
		return "a build constraint"
	case file.syntax.Name.Name != "main":
		return "not package main"
	case hasDirective(file.syntax, "//go:debug"):
		return "//go:debug"
	}
	for _, spec := range file.syntax.Imports {
		if reason := read.importNeedsGoBuild(spec, std); reason != "" {
			return reason
		}
	}
	return ""
}

// mayBeExcluded is whether the go command could leave the file out of its package, by a part of its name
// (`go help buildconstraint`) or by a constraint in it.
func mayBeExcluded(file *sourceFile) bool {
	name := strings.TrimSuffix(filepath.Base(file.path), ".go")
	return strings.Contains(name, "_") || hasDirective(file.syntax, "//go:build") || hasDirective(file.syntax, "// +build")
}

func (read *program) importNeedsGoBuild(spec *ast.ImportSpec, std *standardLibrary) string {
	path, err := strconv.Unquote(spec.Path.Value)
	switch {
	case err != nil:
		return "an import path that is none"
	case path == "unsafe":
		return "" // the compiler's own
	case path == "embed":
		return "//go:embed"
	case path == "runtime/debug" && !read.isOneFile():
		return "the build information of a module" // what is known to the linker is that of a single file
	case !std.importable[path]:
		return "an import from outside the standard library" // "C" too
	}
	return ""
}

// hasDirective looks where cmd/go does: in the comments before the package clause (go/build/read.go).
func hasDirective(file *ast.File, directive string) bool {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, directive) {
				return true
			}
		}
	}
	return false
}
