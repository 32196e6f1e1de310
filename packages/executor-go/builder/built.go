package main

import (
	constraints "go/build"
	"path"
	"path/filepath"
	"slices"
)

// builtFiles are those that the go command takes: of a program that runs, the packages that its root needs, without their
// tests; else all. Build constraints leave out files of either.
func (read *program) builtFiles(own module, asked request) []sourceFile {
	forTests := read.isForTests(asked) || asked.Vet
	dirs := read.neededDirs(own.Module.Path)
	var built []sourceFile
	for _, file := range read.files {
		if file.syntax != nil && (forTests || (!file.isTestFile() && slices.Contains(dirs, file.dir()))) && !read.isExcluded(&file, asked.flavour()) {
			built = append(built, file)
		}
	}
	return built
}

// neededDirs are the folders of the package at the root and of those that it imports, directly or not.
func (read *program) neededDirs(module string) []string {
	dirs := []string{"."}
	for i := 0; i < len(dirs); i++ {
		for _, file := range read.files {
			if file.syntax == nil || file.dir() != dirs[i] || file.isTestFile() {
				continue
			}
			for _, spec := range file.syntax.Imports {
				dir := read.dirOf(importPath(spec), module)
				if dir != "" && !slices.Contains(dirs, dir) {
					dirs = append(dirs, dir)
				}
			}
		}
	}
	return dirs
}

// dirOf is the folder of the program that holds this package; empty: none does.
func (read *program) dirOf(imported, module string) string {
	for _, file := range read.files {
		if path.Join(module, file.dir()) == imported {
			return file.dir()
		}
	}
	return ""
}

// isExcluded is whether the build leaves the file out. One file alone is built in spite of its constraints.
func (read *program) isExcluded(file *sourceFile, flavour flavour) bool {
	return !read.isOneFile() && isLeftOut(file, flavour)
}

// isLeftOut is whether a constraint, in its name or in it, or the name of its package keeps the file out of the package.
func isLeftOut(file *sourceFile, flavour flavour) bool {
	if file.syntax != nil && file.syntax.Name.Name == "documentation" {
		return true
	}
	context := constraints.Default
	context.GOOS, context.CgoEnabled = "linux", false
	if flavour == fakeClock {
		context.BuildTags = []string{"faketime"}
	}
	matches, err := context.MatchFile(file.dir(), filepath.Base(file.path))
	return err == nil && !matches
}
