package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// formatRequest is what the server asks for when it wants source laid out.
type formatRequest struct {
	// Imports is whether imports of the standard library are added where they are missing and taken out where unused.
	Imports bool `json:"imports"`
}

// formatted is a file that came out otherwise than it went in.
type formatted struct {
	Path    string `json:"path"`
	Content []byte `json:"content"` // base64 in JSON: source need not be UTF-8 in its comments
}

// formatAll lays out every Go file below the current directory, and go.mod; other files are data. The changed ones go to
// stdout. Mistakes of syntax are told for all files before it gives up.
func formatAll(asking []byte) {
	var asked formatRequest
	if err := json.Unmarshal(asking, &asked); err != nil {
		fail(err)
	}
	paths, err := formattable()
	if err != nil {
		fail(err)
	}
	var fixer *importFixer
	if asked.Imports {
		fixer = newImportFixer(paths)
	}
	changed := []formatted{}
	failed := false
	for _, path := range paths {
		before, err := os.ReadFile(path)
		if err != nil {
			fail(err)
		}
		after, err := formatFile(path, before, fixer)
		if err != nil {
			tellMistakes(path, before, err)
			failed = true
		} else if string(after) != string(before) {
			changed = append(changed, formatted{Path: path, Content: after})
		}
	}
	if failed {
		os.Exit(exitProgram)
	}
	if err := json.NewEncoder(os.Stdout).Encode(changed); err != nil {
		fail(err)
	}
}

func formattable() ([]string, error) {
	var paths []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && (path == "go.mod" || filepath.Ext(path) == ".go") {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}

func formatFile(path string, content []byte, fixer *importFixer) ([]byte, error) {
	if path == "go.mod" {
		return formatModule()
	}
	if fixer != nil {
		fixed, err := fixer.fix(path, content)
		if err != nil {
			return nil, err
		}
		content = fixed
	}
	return format.Source(content)
}

// formatModule leaves it to the toolchain, which alone knows the language of go.mod.
func formatModule() ([]byte, error) {
	out, err := exec.Command(goroot+"/bin/go", "mod", "edit", "-fmt").CombinedOutput()
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		return nil, errors.New(string(out))
	}
	if err != nil {
		fail(err)
	}
	after, err := os.ReadFile("go.mod")
	if err != nil {
		fail(err)
	}
	return after, nil
}

// tellMistakes writes them as the compiler would: file, line, column, message. The places are those in the file, whatever a
// line directive in it says.
func tellMistakes(path string, content []byte, err error) {
	var mistakes scanner.ErrorList
	if !errors.As(err, &mistakes) {
		fmt.Fprint(os.Stderr, err)
		return
	}
	// gofmt looks at what is no whole file as a part of one, with other offsets.
	if _, own := parser.ParseFile(token.NewFileSet(), path, content, parser.ParseComments|parser.SkipObjectResolution); own != nil {
		errors.As(own, &mistakes)
	}
	for _, mistake := range mistakes {
		before := content[:min(mistake.Pos.Offset, len(content))]
		line, column := bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n')
		fmt.Fprintf(os.Stderr, "%s:%d:%d: %s\n", path, line, column, mistake.Msg)
	}
}
