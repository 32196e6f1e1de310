package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	modulesOn      = "on"
	modulesFetched = "fetched"
)

// module is what a go.mod says, as far as it matters here.
type module struct {
	Module  struct{ Path string }
	Require []requirement
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

type requirement struct{ Path, Version string }

// needed are the modules and packages that the program names.
func (own module) needed(foreign []foreignImport) []string {
	var paths []string
	for _, required := range own.Require {
		paths = append(paths, required.Path)
	}
	for _, each := range foreign {
		paths = append(paths, each.path)
	}
	return paths
}

// checkModules ends the build of a program that needs modules from elsewhere: they are off, or not fetched yet.
func (read *program) checkModules(asked request) {
	modules := asked.Modules
	own := read.readModule()
	foreign := read.foreignImports(own, asked)
	own.checkReplacements(foreign)
	if modules == modulesOn && (len(foreign) > 0 || len(own.Require) > 0) {
		os.Exit(exitNeedsModules)
	}
	if modules == modulesOn || len(foreign) == 0 {
		return
	}
	if read.hasModule {
		checkLanguage()
	}
	for _, each := range foreign {
		fmt.Fprintf(os.Stderr, "%s: package %s: third-party modules are off on this server\n", each.place, each.path)
	}
	os.Exit(exitProgram)
}

// readModule asks the toolchain's own parser, and refuses what would look outside the program.
func (read *program) readModule() module {
	var own module
	if !read.hasModule {
		own.Module.Path = moduleName
		return own
	}
	if info, err := os.Lstat("go.mod"); err != nil || !info.Mode().IsRegular() {
		fail(errors.Join(errors.New("go.mod is no file"), err))
	}
	var out bytes.Buffer
	edit := exec.Command(goroot+"/bin/go", "mod", "edit", "-json")
	edit.Stdout = &out
	run(edit)
	if err := json.Unmarshal(out.Bytes(), &own); err != nil {
		fail(err)
	}
	for _, replaced := range own.Replace {
		if to := replaced.New; to.Version == "" && !filepath.IsLocal(to.Path) {
			refuse(fmt.Sprintf("go.mod:%d: %s is replaced by %s, which is outside the program", lineOf(to.Path), replaced.Old.Path, to.Path))
		}
	}
	return own
}

// checkReplacements refuses modules within the program where they are needed: a program is one module.
func (own module) checkReplacements(foreign []foreignImport) {
	for _, replaced := range own.Replace {
		from, to := replaced.Old.Path, replaced.New
		if to.Version != "" {
			continue
		}
		isRequired := slices.ContainsFunc(own.Require, func(required requirement) bool { return required.Path == from })
		isImported := slices.ContainsFunc(foreign, func(each foreignImport) bool { return each.path == from || strings.HasPrefix(each.path, from+"/") })
		if isRequired || isImported {
			refuse(fmt.Sprintf("go.mod:%d: %s is replaced by %s, but a program is one module: import that folder as %s",
				lineOf(to.Path), from, to.Path, path.Join(own.Module.Path, to.Path)))
		}
	}
}

// lineOf is the first line of the go.mod that replaces something by path.
func lineOf(path string) int {
	content, err := os.ReadFile("go.mod")
	if err != nil {
		fail(err)
	}
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		if _, to, ok := strings.Cut(line, "=>"); ok && strings.Contains(to, path) {
			return number
		}
	}
	return 1
}

type foreignImport struct{ path, place string }

// foreignImports are the imports that only a module from elsewhere can satisfy, of those files that are built.
func (read *program) foreignImports(own module, asked request) []foreignImport {
	var foreign []foreignImport
	for _, file := range read.builtFiles(own, asked) {
		for _, spec := range file.syntax.Imports {
			if path := importPath(spec); isForeign(path, own.Module.Path) {
				foreign = append(foreign, foreignImport{path, file.place(spec.Path)})
			}
		}
	}
	return foreign
}

// importPath is empty for one that is none.
func importPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return ""
	}
	return path
}

// wellFormed is what a path in a module can be made of (golang.org/x/mod/module); of others the compiler complains.
var wellFormed = regexp.MustCompile(`^[-.~_+/A-Za-z0-9]+$`)

// isForeign tells as the go command does: the standard library has no dot in the first element of a path.
func isForeign(path, own string) bool {
	first, _, _ := strings.Cut(path, "/")
	switch {
	case !wellFormed.MatchString(path) || first == "." || first == "..":
		return false
	case path == own || strings.HasPrefix(path, own+"/"):
		return false
	}
	return strings.Contains(first, ".")
}
