package main

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// importFixer adds the imports of the standard library that a file needs and lacks, and takes out those that it has and
// does not need. Imports from elsewhere are left alone.
type importFixer struct {
	std *stdSymbols
	// declared are the names that each package declares, by folder and package name.
	declared map[string]map[string]bool
}

func newImportFixer(paths []string) *importFixer {
	fixer := &importFixer{std: readStdSymbols(), declared: map[string]map[string]bool{}}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			fail(err)
		}
		if filepath.Ext(path) != ".go" {
			continue
		}
		// What can't be parsed is told when its turn comes.
		syntax, err := parser.ParseFile(token.NewFileSet(), path, content, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		key := packageOf(path, syntax)
		if fixer.declared[key] == nil {
			fixer.declared[key] = map[string]bool{}
		}
		for _, name := range declaredIn(syntax) {
			fixer.declared[key][name] = true
		}
	}
	return fixer
}

func packageOf(path string, file *ast.File) string { return filepath.Dir(path) + " " + file.Name.Name }

func (fixer *importFixer) fix(path string, content []byte) ([]byte, error) {
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, content, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	used := selectorsIn(file)
	declared := fixer.declared[packageOf(path, file)]
	var unused []*ast.ImportSpec
	for _, spec := range file.Imports {
		name, isStd := fixer.nameOf(spec)
		if _, ok := used[name]; !ok && isStd && name != "_" && name != "." {
			unused = append(unused, spec)
		}
		delete(used, name)
	}
	var missing []string
	for name, symbols := range used {
		if declared[name] {
			continue
		}
		if importPath := fixer.std.find(name, symbols); importPath != "" {
			missing = append(missing, importPath)
		}
	}
	if len(unused) == 0 && len(missing) == 0 {
		return content, nil
	}
	slices.Sort(missing)
	editor := &importEditor{file: file, positions: positions, content: content, isStd: func(spec *ast.ImportSpec) bool {
		_, isStd := fixer.nameOf(spec)
		return isStd
	}}
	editor.remove(unused)
	editor.add(missing, unused)
	return editor.result(), nil
}

// selectorsIn are the names in x.Sel whose x is declared nowhere in the file, with all the Sel of each.
func selectorsIn(file *ast.File) map[string]map[string]bool {
	unresolved := map[*ast.Ident]bool{}
	for _, name := range file.Unresolved {
		unresolved[name] = true
	}
	used := map[string]map[string]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if name, ok := selector.X.(*ast.Ident); ok && unresolved[name] {
			if used[name.Name] == nil {
				used[name.Name] = map[string]bool{}
			}
			used[name.Name][selector.Sel.Name] = true
		}
		return true
	})
	return used
}

// nameOf is what the file calls an imported package, and whether it is one of the standard library. What a package from
// elsewhere is called can't be known from its path; the last part of that is what it mostly is.
func (fixer *importFixer) nameOf(spec *ast.ImportSpec) (string, bool) {
	importPath, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return "", false
	}
	name := nameOf(importPath)
	isStd := slices.Contains(fixer.std.byName[name], importPath)
	if spec.Name != nil {
		name = spec.Name.Name
	}
	return name, isStd
}

// importEditor changes the text of a file's imports and nothing else, so that comments stay where they are; gofmt then
// sorts them.
type importEditor struct {
	file      *ast.File
	positions *token.FileSet
	content   []byte
	isStd     func(*ast.ImportSpec) bool
	edits     []edit
}

type edit struct {
	start, end int
	text       string
}

func (e *importEditor) offset(pos token.Pos) int { return e.positions.PositionFor(pos, false).Offset }

// remove takes out the lines of these imports; a declaration that then holds none goes as a whole.
func (e *importEditor) remove(unused []*ast.ImportSpec) {
	for _, declaration := range e.imports() {
		gone := 0
		for _, spec := range declaration.Specs {
			if slices.Contains(unused, spec.(*ast.ImportSpec)) {
				gone++
			}
		}
		if gone == len(declaration.Specs) && gone > 0 {
			e.removeLines(declaration.Pos(), declaration.End())
			continue
		}
		for _, spec := range declaration.Specs {
			if spec := spec.(*ast.ImportSpec); slices.Contains(unused, spec) {
				start := spec.Pos()
				if spec.Doc != nil {
					start = spec.Doc.Pos()
				}
				end := spec.End()
				if spec.Comment != nil {
					end = spec.Comment.End()
				}
				e.removeLines(start, end)
			}
		}
	}
}

// removeLines removes from pos to end, and the rest of the last line where nothing else stands there.
func (e *importEditor) removeLines(pos, end token.Pos) {
	from, to := e.offset(pos), e.offset(end)
	rest := e.content[to:]
	if line := bytes.IndexByte(rest, '\n'); line >= 0 && len(bytes.TrimSpace(rest[:line])) == 0 {
		to += line + 1
	} else if trimmed := bytes.TrimLeft(rest, " \t"); bytes.HasPrefix(trimmed, []byte(";")) {
		to += len(rest) - len(trimmed) + 1
	}
	e.edits = append(e.edits, edit{from, to, ""})
}

// add puts imports to others of the standard library where there are some that stay, else into a declaration of their own.
func (e *importEditor) add(missing []string, unused []*ast.ImportSpec) {
	if len(missing) == 0 {
		return
	}
	lines := ""
	for _, importPath := range missing {
		lines += strconv.Quote(importPath) + "\n"
	}
	for _, declaration := range e.imports() {
		for _, spec := range declaration.Specs {
			spec := spec.(*ast.ImportSpec)
			if !e.isStd(spec) || slices.Contains(unused, spec) || spec.Path.Value == `"embed"` && spec.Name != nil {
				continue
			}
			if declaration.Lparen.IsValid() {
				at := e.offset(spec.Pos())
				e.edits = append(e.edits, edit{at, at, lines})
			} else {
				from, to := e.offset(declaration.Pos()), e.offset(declaration.End())
				own := strings.TrimPrefix(string(e.content[from:to]), "import")
				e.edits = append(e.edits, edit{from, to, "import (\n" + own + "\n" + lines + ")"})
			}
			return
		}
	}
	at := e.afterClause()
	e.edits = append(e.edits, edit{at, at, "\n\nimport (\n" + lines + ")\n"})
}

// afterClause is behind the package clause, its semicolon where it has one, and a comment that ends its line.
func (e *importEditor) afterClause() int {
	at := e.offset(e.file.Name.End())
	rest := e.content[at:]
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	if bytes.HasPrefix(bytes.TrimSpace(line), []byte("//")) {
		return at + len(line)
	}
	places := token.NewFileSet()
	var tokens scanner.Scanner
	tokens.Init(places.AddFile("", -1, len(rest)), rest, func(token.Position, string) {}, 0)
	if pos, _, text := tokens.Scan(); text == ";" {
		return at + places.Position(pos).Offset + 1
	}
	return at
}

func (e *importEditor) imports() []*ast.GenDecl {
	var declarations []*ast.GenDecl
	for _, declaration := range e.file.Decls {
		if declaration, ok := declaration.(*ast.GenDecl); ok && declaration.Tok == token.IMPORT {
			declarations = append(declarations, declaration)
		}
	}
	return declarations
}

func (e *importEditor) result() []byte {
	slices.SortStableFunc(e.edits, func(a, b edit) int { return cmp.Compare(b.start, a.start) })
	result := slices.Clone(e.content)
	for _, each := range e.edits {
		result = slices.Concat(result[:each.start], []byte(each.text), result[each.end:])
	}
	return result
}
