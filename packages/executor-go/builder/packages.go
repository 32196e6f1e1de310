package main

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// checkPackages refuses what the go command would refuse too, but without the place, or by the name of a file that the user
// never sent. What can't be parsed is left to it.
func (read *program) checkPackages(own module, asked request) {
	built := read.builtFiles(own, asked)
	if slices.ContainsFunc(built, func(file sourceFile) bool { return file.err != nil }) {
		return
	}
	var complaints []string
	folders := byFolder(built)
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		files := folders[folder]
		complaints = append(complaints, otherPackages(files)...)
		complaints = append(complaints, onlyC(files)...)
	}
	if len(complaints) == 0 && len(built) > 0 && !read.isForTests(asked) {
		for _, file := range built {
			if file.dir() == "." && file.syntax.Name.Name != "main" && !file.isTestFile() {
				complaints = []string{file.place(file.syntax.Name) + ": a program has to be of package main"}
				break
			}
		}
	}
	if len(complaints) > 0 {
		refuse(strings.Join(complaints, "\n"))
	}
}

func byFolder(files []sourceFile) map[string][]sourceFile {
	folders := map[string][]sourceFile{}
	for _, file := range files {
		folders[file.dir()] = append(folders[file.dir()], file)
	}
	return folders
}

// otherPackages are the files of a folder that are of another package than its first one.
func otherPackages(files []sourceFile) []string {
	var complaints []string
	expected := packageIn(&files[0])
	for _, file := range files[1:] {
		if packageIn(&file) != expected {
			complaints = append(complaints, fmt.Sprintf("%s: package %s; expected package %s", file.place(file.syntax.Name), file.syntax.Name.Name, expected))
		}
	}
	return complaints
}

// packageIn is the package that a file belongs to; a file of tests may stand outside of it.
func packageIn(file *sourceFile) string {
	name := file.syntax.Name.Name
	if file.isTestFile() {
		return strings.TrimSuffix(name, "_test")
	}
	return name
}

// onlyC are the imports of C in a package that has nothing else: without a C compiler such files are left out.
func onlyC(files []sourceFile) []string {
	var complaints []string
	for _, file := range files {
		if file.isTestFile() {
			continue
		}
		at := slices.IndexFunc(file.syntax.Imports, func(spec *ast.ImportSpec) bool { return importPath(spec) == "C" })
		if at < 0 {
			return nil
		}
		complaints = append(complaints, file.place(file.syntax.Imports[at].Path)+": import \"C\" is not supported: there is no C compiler here")
	}
	return complaints
}
