package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// fetchRequest is a request, and what the modules may cost.
type fetchRequest struct {
	request
	// MaxBytes may be written to disk.
	MaxBytes int64 `json:"maxBytes"`
}

// fetched is what the server is told: what the program is to be built with in place of its own go.mod and go.sum.
type fetched struct {
	Mod []byte `json:"mod,omitempty"`
	Sum []byte `json:"sum,omitempty"`
	// Std are the packages of the standard library that the program and its modules are made of.
	Std []string `json:"std,omitempty"`
	// Bytes were written to disk, the same ones perhaps twice.
	Bytes int64 `json:"bytes"`
}

// fetch brings the modules that the program needs, and no others, into the module cache, each verified by the go
// command. No package is compiled and nothing of a module is executed: go list only reads.
func fetch(asking []byte) {
	var asked fetchRequest
	if err := json.Unmarshal(asking, &asked); err != nil {
		fail(err)
	}
	// Builds read the cache as other users.
	syscall.Umask(0o022)
	program, err := readProgram(asked.request)
	if err != nil {
		fail(err)
	}
	own := program.readModule()
	if program.isForTests(asked.request) {
		for _, dir := range program.testedDirs() {
			program.moveTests(dir, own)
		}
	}
	program.isPackage = true
	program.ensureModule(asked.Language)
	checkLanguage()
	told := download(asked, own)
	told.Mod = contentOf("go.mod")
	told.Sum = contentOf("go.sum")
	tell(told)
}

// checkLanguage has the go command look at the go.mod before anything comes from the network: it may ask for a newer Go.
func checkLanguage() {
	look := exec.Command(goroot+"/bin/go", "list", "-mod=mod", "-m")
	look.Stdout = io.Discard
	look.Env = append(os.Environ(), "GOPROXY=off")
	run(look)
}

// download has the go command find and verify the modules of all packages and of their tests, and complete go.mod and
// go.sum as it goes, as `go mod tidy` would.
func download(asked fetchRequest, own module) fetched {
	args := []string{"list", "-e", "-mod=mod", "-modcacherw", "-buildvcs=false", "-deps", "-test", "-json=ImportPath,Dir,Standard,Error"}
	if asked.flavour() == fakeClock {
		args = append(args, "-tags=faketime")
	}
	list := exec.Command(goroot+"/bin/go", append(args, allPackages)...)
	var packages, complaint bytes.Buffer
	list.Stdout, list.Stderr = &packages, &complaint
	if err := list.Start(); err != nil {
		fail(err)
	}
	meter := meterWrites(list.Process, asked.MaxBytes)
	err := list.Wait()
	written, exceeded := meter.stop(list.ProcessState)
	var exited *exec.ExitError
	switch {
	case exceeded:
		refuseFetch(fmt.Sprintf("the modules that this program needs are too large: above %d MiB", asked.MaxBytes>>20), written)
	case errors.As(err, &exited):
		refuseFetch(withoutProgress(complaint.String()), written)
	case err != nil:
		fail(err)
	}
	std, missing := sortPackages(&packages, own)
	if len(missing) > 0 {
		refuseFetch(strings.Join(missing, "\n"), written)
	}
	return fetched{Std: std, Bytes: written}
}

// refuseFetch says why the modules can't be had, and what of them is on the disk all the same.
func refuseFetch(message string, written int64) {
	fmt.Fprintln(os.Stderr, message)
	tell(fetched{Bytes: written})
	os.Exit(exitFetch)
}

// sortPackages picks the packages of the standard library, and says of each package from elsewhere that is not there
// why. Whatever else is wrong with a program, the build will tell.
func sortPackages(list io.Reader, own module) (std, missing []string) {
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
		if listed.Error == nil || listed.Dir != "" || !isForeign(listed.ImportPath, own.Module.Path) {
			continue
		}
		message := listed.Error.Err
		if listed.Error.Pos != "" {
			message = listed.Error.Pos + ": " + message
		}
		if !slices.Contains(missing, message) {
			missing = append(missing, message)
		}
	}
}

// progress is what the go command says while all goes well.
var progress = regexp.MustCompile(`^go: (downloading|finding|found|added|upgraded) `)

func withoutProgress(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !progress.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}

// contentOf is empty for a file that is not there: a program that needed nothing after all has no go.sum.
func contentOf(name string) []byte {
	content, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		fail(err)
	}
	return content
}
