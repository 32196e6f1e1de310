package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
)

// succeeds runs one tool, and answers what it said.
func succeeds(tool *exec.Cmd) (output string, ok bool) {
	var said bytes.Buffer
	tool.Stdout, tool.Stderr = &said, &said
	err := tool.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		fail(err)
	}
	return said.String(), err == nil
}

// complaints are what the go command said of several packages, a block for each package that it could not compile. Two that
// import the same one get the same block.
type complaints struct {
	told map[string]bool
}

// add tells what is new, on stderr too, and answers it.
func (known *complaints) add(output string) string {
	if known.told == nil {
		known.told = map[string]bool{}
	}
	var added strings.Builder
	for _, block := range blocks(output) {
		if !known.told[block] {
			added.WriteString(block)
		}
		known.told[block] = true
	}
	if _, err := os.Stderr.WriteString(added.String()); err != nil {
		fail(err)
	}
	return added.String()
}

// blocks are without the lines that begin them, which name a package: the same one has two names, one of them for its tests.
func blocks(output string) []string {
	all := []string{""}
	for line := range strings.Lines(output) {
		switch {
		case strings.HasPrefix(line, "# "):
			all = append(all, "")
		case !strings.HasPrefix(line, "FAIL"): // the package's name and a word, of which the server has its own
			all[len(all)-1] += line
		}
	}
	return all
}
