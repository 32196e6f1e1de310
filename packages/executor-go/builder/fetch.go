package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// fetchRequest is a request, where its modules come from, and what they may cost.
type fetchRequest struct {
	request
	// Socket is where the server's forwarder listens, the only way out of this sandbox.
	Socket string `json:"socket"`
	// Proxies and Checksums are GOPROXY and GOSUMDB, with bridgeName for the URL of the bridge to the forwarder.
	Proxies   string `json:"proxies"`
	Checksums string `json:"checksums"`
	// Staging is the module cache of this fetch alone, empty at first.
	Staging string `json:"staging"`
	// Cached is the module cache that all share, which can only be read; empty: it is of no use.
	Cached     string `json:"cached"`
	MaxBytes   int64  `json:"maxBytes"`
	MaxEntries int    `json:"maxEntries"`
}

// fetched is what the server is told: what the program is to be built with in place of its own go.mod and go.sum, or why
// there is nothing.
type fetched struct {
	Mod []byte `json:"mod,omitempty"`
	Sum []byte `json:"sum,omitempty"`
	// Std are the packages of the standard library that the program and its modules are made of.
	Std []string `json:"std,omitempty"`
	// Bytes and Entries are what is new in the staging area, as it counts on disk.
	Bytes   int64 `json:"bytes"`
	Entries int   `json:"entries"`
	// Exceeded names the limit that ended the fetch.
	Exceeded string    `json:"exceeded,omitempty"`
	Problems []problem `json:"problems,omitempty"`
}

// fetch brings the modules that the program needs, and no others, into the staging area, each verified by the go command.
// No package is compiled and nothing of a module is executed: go list only reads.
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
	opened := openBridge(asked.Socket)
	setting("GOPROXY", opened.in(asked.Proxies))
	setting("GOSUMDB", opened.in(asked.Checksums))
	needed := own.needed(program.foreignImports(own, asked.request))
	listing := listing{request: asked, own: own, mod: contentOf("go.mod")}
	if areIn(asked.Cached, needed) && listing.fromCache() {
		return
	}
	listing.download()
}

func setting(name, value string) {
	if err := os.Setenv(name, value); err != nil {
		fail(err)
	}
}

// checkLanguage has the go command look at the go.mod before anything comes from the network: it may ask for a newer Go.
func checkLanguage() {
	look := exec.Command(goroot+"/bin/go", "list", "-mod=mod", "-m")
	look.Stdout = io.Discard
	look.Env = append(os.Environ(), "GOPROXY=off")
	run(look)
}

// listing is one program's packages and modules, found by the go command.
type listing struct {
	request fetchRequest
	own     module
	// mod is the go.mod as it was sent: the go command changes it also when it fails.
	mod []byte
}

// fromCache tries without adding anything, which takes no writing; it answers whether that was enough.
func (listing listing) fromCache() bool {
	sum := contentOf("go.sum")
	told, ok := listing.list(listing.request.Cached, func(*os.Process) (stop func()) { return func() {} })
	if ok {
		tell(told)
		return true
	}
	restore("go.mod", listing.mod)
	restore("go.sum", sum)
	return false
}

func (listing listing) download() {
	asked := listing.request
	meter := fetchMeter{directory: asked.Staging, maxBytes: asked.MaxBytes, maxEntries: asked.MaxEntries}
	told, ok := listing.list(asked.Staging, func(process *os.Process) func() {
		meter.watch(process)
		return meter.stop
	})
	if meter.exceeded == "" {
		told.Bytes, told.Entries = meter.total()
	}
	if told.Exceeded = meter.exceeded; told.Exceeded != "" {
		told.Problems, ok = nil, false
	}
	tell(told)
	if !ok {
		os.Exit(exitFetch)
	}
}

// list has the go command find and verify the modules of all packages and of their tests, and complete go.mod and go.sum
// as it goes, as `go mod tidy` would.
func (listing listing) list(cache string, watch func(*os.Process) func()) (told fetched, ok bool) {
	args := []string{"list", "-e", "-mod=mod", "-modcacherw", "-buildvcs=false", "-deps", "-test", "-json=ImportPath,Dir,Standard,Error"}
	if listing.request.flavour() == fakeClock {
		args = append(args, "-tags=faketime")
	}
	list := exec.Command(goroot+"/bin/go", append(args, allPackages)...)
	list.Env = append(os.Environ(), "GOMODCACHE="+cache)
	var packages, complaint bytes.Buffer
	list.Stdout, list.Stderr = &packages, &complaint
	if err := list.Start(); err != nil {
		fail(err)
	}
	stop := watch(list.Process)
	err := list.Wait()
	stop()
	var exited *exec.ExitError
	switch {
	case errors.As(err, &exited):
		return fetched{Problems: listing.complained(complaint.String())}, false
	case err != nil:
		fail(err)
	}
	std, missing := listing.sortPackages(&packages)
	if len(missing) > 0 {
		return fetched{Problems: missing}, false
	}
	return fetched{Mod: contentOf("go.mod"), Sum: contentOf("go.sum"), Std: std}, true
}

// contentOf is empty for a file that is not there: a program that needed nothing after all has no go.sum.
func contentOf(name string) []byte {
	content, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		fail(err)
	}
	return content
}

// restore makes a file what contentOf found.
func restore(name string, content []byte) {
	err := os.WriteFile(name, content, 0o644)
	if len(content) == 0 {
		err = os.Remove(name)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		fail(err)
	}
}
