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
	return strings.Contains(name, "_") || hasDirective(file.syntax, "//go:build") || hasPlusBuild(file.syntax)
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

func hasDirective(file *ast.File, directive string) bool {
	return hasCommentBefore(file, func(text string) bool { return strings.HasPrefix(text, directive) })
}

// hasPlusBuild is whether there is a constraint of the old kind, with any blanks in it (go/build/constraint).
func hasPlusBuild(file *ast.File) bool {
	return hasCommentBefore(file, func(text string) bool {
		rest, ok := strings.CutPrefix(text, "//")
		return ok && strings.HasPrefix(strings.TrimSpace(rest), "+build")
	})
}

// hasCommentBefore looks where cmd/go does: in the comments before the package clause (go/build/read.go).
func hasCommentBefore(file *ast.File, is func(text string) bool) bool {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, comment := range group.List {
			if is(comment.Text) {
				return true
			}
		}
	}
	return false
}
