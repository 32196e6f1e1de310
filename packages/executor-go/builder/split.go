package main

import (
	"go/ast"
	"path"
	"regexp"
	"strings"
)

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

// splitTests takes a file apart: its tests, and the rest, which other packages need. In either, what belongs to the other
// is blank, so that everything keeps its place; an import that nothing uses any more is left for what it does.
func (file *sourceFile) splitTests(content []byte, benchmarks bool) (tests, rest []byte) {
	inTests, inRest := map[string]bool{}, map[string]bool{}
	tests, rest = []byte(string(content)), []byte(string(content))
	for _, declaration := range file.syntax.Decls {
		if imports, ok := declaration.(*ast.GenDecl); ok && imports.Tok.String() == "import" {
			continue
		}
		other, names := tests, inRest
		if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && isTest(function, benchmarks) {
			other, names = rest, inTests
		}
		blank(other[file.offset(declaration.Pos()):file.offset(declaration.End())])
		ast.Inspect(declaration, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if name, ok := selector.X.(*ast.Ident); ok {
					names[name.Name] = true
				}
			}
			return true
		})
	}
	return file.keepImports(tests, inTests, inRest), file.keepImports(rest, inRest, inTests)
}

// keepImports makes those imports blank whose name only the other part uses.
func (file *sourceFile) keepImports(part []byte, used, usedByOther map[string]bool) []byte {
	for i := len(file.syntax.Imports) - 1; i >= 0; i-- { // from the end: what comes before keeps its place
		spec := file.syntax.Imports[i]
		start, end := file.offset(spec.Path.Pos()), file.offset(spec.Path.Pos())
		name := packageName(importPath(spec))
		if spec.Name != nil {
			name = spec.Name.Name
			start, end = file.offset(spec.Name.Pos()), file.offset(spec.Name.End())
		}
		if used[name] || !usedByOther[name] {
			continue
		}
		replacement := "_"
		if spec.Name == nil {
			replacement = "_ "
		}
		part = []byte(string(part[:start]) + replacement + string(part[end:]))
	}
	return part
}

var versionSuffix = regexp.MustCompile(`^v[0-9]+$`)

// packageName is what a package at this path is called, as far as its path tells.
func packageName(imported string) string {
	if dir, last := path.Split(imported); dir != "" && versionSuffix.MatchString(last) {
		imported = path.Clean(dir)
	}
	name, _, _ := strings.Cut(path.Base(imported), ".")
	return strings.TrimPrefix(name, "go-")
}

// blank leaves nothing but line ends.
func blank(text []byte) {
	for i, char := range text {
		if char != '\n' {
			text[i] = ' '
		}
	}
}
