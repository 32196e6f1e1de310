package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// finding is one thing that go vet does not like.
type finding struct {
	File    string `json:"file"` // as the user named it
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// vet looks at packages that have just been built, or that others' build has nothing to do with.
func vet(targets []string, asked request) []finding {
	command := goCommand("vet", asked.flavour(), append([]string{"-json"}, targets...)...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		fail(err)
	}
	findings, err := parseFindings(out.Bytes(), sourceDir())
	if err != nil {
		fail(err)
	}
	return findings
}

// placed is a message with its place, as the compiler and vet write it.
var placed = regexp.MustCompile(`^(?:vet: )?([^\s:][^:]*\.go:[0-9]+:[0-9]+): (.*)$`)

// parseFindings reads the output of `go vet -json`: an indented object for each package, among lines about packages
// (`# path`) and about what could not be looked at (`vet: file:line:column: message`, or the compiler's own words with
// indented lines that belong to them), which is a finding too.
func parseFindings(output []byte, dir string) ([]finding, error) {
	findings := []finding{}
	var objects bytes.Buffer
	inObject := false
	for line := range strings.Lines(string(output)) {
		if found := placed.FindStringSubmatch(strings.TrimSpace(line)); found != nil && !inObject {
			findings = append(findings, at(found[1], found[2], dir))
			continue
		}
		if inObject || strings.HasPrefix(line, "{") {
			objects.WriteString(line)
			inObject = (inObject || line == "{\n") && line != "}\n"
		}
	}
	decoder := json.NewDecoder(&objects)
	for {
		// By package and analyzer; in the place of findings there may be an error.
		var packages map[string]map[string]json.RawMessage
		switch err := decoder.Decode(&packages); {
		case err == io.EOF:
			return sorted(findings), nil
		case err != nil:
			return nil, err
		}
		for _, path := range slices.Sorted(maps.Keys(packages)) {
			for _, raw := range packages[path] {
				var told []struct{ Posn, Message string }
				if json.Unmarshal(raw, &told) != nil {
					continue
				}
				for _, each := range told {
					findings = append(findings, at(each.Posn, each.Message, dir))
				}
			}
		}
	}
}

// posn is a place as vet tells it; behind a line directive it may have no column.
var posn = regexp.MustCompile(`^(.*?)(?::([0-9]+))?(?::([0-9]+))?$`)

// at reads a place: file:line:column.
func at(place, message, dir string) finding {
	parts := posn.FindStringSubmatch(place)
	file := parts[1]
	if relative, err := filepath.Rel(dir, file); err == nil && filepath.IsAbs(file) {
		file = relative
	}
	return finding{File: file, Line: number(parts[2]), Column: number(parts[3]), Message: message}
}

// number is 0 for none.
func number(digits string) int {
	value, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return value
}

// sorted is by place. A file of tests is looked at twice, with its package and as a part of the tests.
func sorted(findings []finding) []finding {
	slices.SortFunc(findings, func(a, b finding) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		if a.Column != b.Column {
			return a.Column - b.Column
		}
		return strings.Compare(a.Message, b.Message)
	})
	return slices.Compact(findings)
}
