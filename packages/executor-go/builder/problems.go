package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// problem is why a module can't be had. Place and Subject are the program's own: a line of it, and a package that it
// imports or a module that it requires. Text is the go command's, which the server shows to operators alone.
type problem struct {
	Place   string `json:"place,omitempty"`
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
}

const (
	maxProblems    = 50
	maxProblemText = 4 << 10
)

// sortPackages picks the packages of the standard library, and says of each package from elsewhere that is not there
// why. Whatever else is wrong with a program, the build will tell.
func (listing listing) sortPackages(list io.Reader) (std []string, missing []problem) {
	decoder := json.NewDecoder(list)
	for {
		var listed struct {
			ImportPath, Dir string
			Standard        bool
			Error           *struct{ Pos, Err string }
		}
		switch err := decoder.Decode(&listed); {
		case err == io.EOF:
			return std, missing
		case err != nil:
			fail(err)
		}
		if listed.Standard && listed.Dir != "" {
			std = append(std, listed.ImportPath)
		}
		if listed.Error == nil || listed.Dir != "" || !isForeign(listed.ImportPath, listing.own.Module.Path) {
			continue
		}
		found := listing.problem(listed.Error.Err)
		if isOwnPlace(listed.Error.Pos) {
			found.Place = listed.Error.Pos
			if found.Subject == "" {
				found.Subject = listed.ImportPath
			}
		}
		missing = add(missing, found)
	}
}

// complained takes in what the go command said when it gave up.
func (listing listing) complained(text string) []problem {
	var lines []string
	for line := range strings.Lines(text) {
		if !isProgress(line) {
			lines = append(lines, line)
		}
	}
	return add(nil, listing.problem(strings.TrimSpace(strings.Join(lines, ""))))
}

// problem names the module of the go.mod that the text is about.
func (listing listing) problem(text string) problem {
	for _, required := range listing.own.Require {
		subject := required.Path + "@" + required.Version
		if strings.Contains(text, subject+":") || strings.Contains(text, subject+"/go.mod:") {
			return problem{Place: listing.placeOf(required.Path), Subject: subject, Text: text}
		}
	}
	return problem{Text: text}
}

// placeOf is the line of the program's go.mod that first names a module.
func (listing listing) placeOf(path string) string {
	number := 0
	for line := range strings.Lines(string(listing.mod)) {
		number++
		if slices.Contains(strings.Fields(line), path) {
			return fmt.Sprintf("go.mod:%d", number)
		}
	}
	return "go.mod:1"
}

func add(known []problem, found problem) []problem {
	if len(found.Text) > maxProblemText {
		found.Text = found.Text[:maxProblemText]
	}
	if len(known) >= maxProblems || slices.Contains(known, found) {
		return known
	}
	return append(known, found)
}

// isOwnPlace tells a file of the program from one of a module.
func isOwnPlace(place string) bool {
	file, _, _ := strings.Cut(place, ":")
	return file != "" && filepath.IsLocal(file)
}

// isProgress tells what the go command says while all goes well.
func isProgress(line string) bool {
	for _, verb := range []string{"downloading", "finding", "found", "added", "upgraded"} {
		if strings.HasPrefix(line, "go: "+verb+" ") {
			return true
		}
	}
	return false
}
