package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// needsGoBuild says why these files are no plain program; empty: they are one. It asks Go's own parser, and where that
// finds a mistake leaves it to `go build` to say so in its own words.
func needsGoBuild(files []string, std *standardLibrary) string {
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return "a mistake before the first declaration"
		}
		if file.Name.Name != "main" {
			return "not package main"
		}
		if hasGodebug(file) {
			return "//go:debug"
		}
		for _, spec := range file.Imports {
			if reason := importNeedsGoBuild(spec, std); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func importNeedsGoBuild(spec *ast.ImportSpec, std *standardLibrary) string {
	path, err := strconv.Unquote(spec.Path.Value)
	switch {
	case err != nil:
		return "an import path that is none"
	case path == "unsafe":
		return "" // the compiler's own
	case path == "embed":
		return "//go:embed"
	case !std.importable[path]:
		return "an import from outside the standard library" // "C" too
	}
	return ""
}

// hasGodebug looks where cmd/go does: in the comments before the package clause (go/build/read.go).
func hasGodebug(file *ast.File) bool {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, "//go:debug") {
				return true
			}
		}
	}
	return false
}
