package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIsIn(t *testing.T) {
	cache := t.TempDir()
	makeDirectory(t, cache, "cache/download/example.com/!big/@v")
	for path, want := range map[string]bool{
		"example.com/Big":         true,
		"example.com/Big/package": true,
		"example.com/big":         false,
		"example.com":             false,
		"other.example/m":         false,
	} {
		if got := isIn(cache, path); got != want {
			t.Errorf("isIn(%q) = %v", path, got)
		}
	}
	if areIn("", []string{"example.com/Big"}) || areIn(cache, []string{"example.com/Big", "other.example/m"}) {
		t.Error("a cache that lacks something is taken for whole")
	}
}

func TestMeterCounts(t *testing.T) {
	directory := t.TempDir()
	makeDirectory(t, directory, "a/b")
	for _, name := range []string{"a/1", "a/2", "a/b/3"} {
		if err := os.WriteFile(filepath.Join(directory, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	meter := fetchMeter{directory: directory, maxBytes: 1 << 20, maxEntries: 6}
	if meter.hasTooManyEntries() {
		t.Error("six entries are too many of six")
	}
	if size, entries := meter.total(); entries != 6 || size < 6*entryBytes || meter.exceeded != "" {
		t.Errorf("total() = %d bytes, %d entries; exceeded %q", size, entries, meter.exceeded)
	}
	meter.maxEntries = 5
	if !meter.hasTooManyEntries() {
		t.Error("six entries are not too many of five")
	}
	if meter.total(); meter.exceeded != exceededEntries {
		t.Errorf("exceeded %q", meter.exceeded)
	}
	meter.maxEntries, meter.maxBytes = 6, 100
	if meter.total(); meter.exceeded != exceededBytes {
		t.Errorf("exceeded %q", meter.exceeded)
	}
}

func TestProblemNamesWhatTheProgramNames(t *testing.T) {
	listing := listing{
		own: module{Require: []requirement{{"example.com/m", "v1.2.3"}}},
		mod: []byte("module play\n\nrequire (\n\texample.com/m/v2 v2.0.0\n\texample.com/m v1.2.3 // indirect\n)\n"),
	}
	for text, want := range map[string]problem{
		"example.com/m@v1.2.3: reading x: 404":                {Place: "go.mod:5", Subject: "example.com/m@v1.2.3"},
		"verifying example.com/m@v1.2.3/go.mod: checksum":     {Place: "go.mod:5", Subject: "example.com/m@v1.2.3"},
		"example.com/m@v1.2.30: reading x: 404":               {},
		"secret.example/other@v1.0.0: reading x: 500":         {},
		"go: downloading example.com/m v1.2.3\ngo: it failed": {},
	} {
		got := listing.problem(text)
		if want.Text = text; got != want {
			t.Errorf("problem(%q) = %+v", text, got)
		}
	}
	said := listing.complained("go: downloading example.com/m v1.2.3\ngo: it failed\n")
	if len(said) != 1 || said[0].Text != "go: it failed" {
		t.Errorf("complained() = %+v", said)
	}
	many := add(nil, problem{Text: strings.Repeat("x", 2*maxProblemText)})
	for index := range 2 * maxProblems {
		many = add(many, problem{Text: strings.Repeat("x", index)})
	}
	if len(many) != maxProblems || len(many[0].Text) != maxProblemText {
		t.Errorf("%d problems, of which the first has %d bytes", len(many), len(many[0].Text))
	}
}

func TestIsOwnPlace(t *testing.T) {
	for place, want := range map[string]bool{
		"prog.go:3:8":                     true,
		"sub/sub.go:1:1":                  true,
		"../../staging/a.b/m@v1/x.go:3:8": false,
		"/modules/a.b/m@v1/x.go:3:8":      false,
		"":                                false,
	} {
		if got := isOwnPlace(place); got != want {
			t.Errorf("isOwnPlace(%q) = %v", place, got)
		}
	}
}

func makeDirectory(t *testing.T, below, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(below, path), 0o755); err != nil {
		t.Fatal(err)
	}
}
