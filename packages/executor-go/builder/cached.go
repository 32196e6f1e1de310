package main

import (
	"os"
	"strings"
)

// areIn tells whether the cache has something of each module or package, in some version: else looking there is in vain.
func areIn(cache string, needed []string) bool {
	if cache == "" {
		return false
	}
	for _, path := range needed {
		if !isIn(cache, path) {
			return false
		}
	}
	return true
}

// isIn looks for the path and for those above it: a package is in the module of one of them.
func isIn(cache, path string) bool {
	for {
		if _, err := os.Stat(cache + "/cache/download/" + escaped(path) + "/@v"); err == nil {
			return true
		}
		last := strings.LastIndexByte(path, '/')
		if last < 0 {
			return false
		}
		path = path[:last]
	}
}

// escaped is the path as the module cache has it: with `!` and the small letter for a capital one.
func escaped(path string) string {
	var out strings.Builder
	for _, each := range []byte(path) {
		if 'A' <= each && each <= 'Z' {
			out.WriteByte('!')
			each += 'a' - 'A'
		}
		out.WriteByte(each)
	}
	return out.String()
}
