package ld

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"

	"cmd/link/internal/sym"
)

// preloaded are the packages that need not be loaded any more.
var preloaded map[*sym.Library]bool

// preload loads the packages that GORUNNER_PRELOAD names, with all that they import, and then waits for a line on stdin:
// the program's object is there, and this many processors may be used. Without that variable it does nothing.
func preload(ctxt *Link) {
	names := os.Getenv("GORUNNER_PRELOAD")
	if names == "" {
		return
	}
	preloaded = make(map[*sym.Library]bool)
	// The program itself comes first, and loading packages makes the list longer.
	first := len(ctxt.Library)
	for _, name := range strings.Split(names, ",") {
		loadinternal(ctxt, name)
	}
	for i := first; i < len(ctxt.Library); i++ {
		loadobjfile(ctxt, ctxt.Library[i])
		preloaded[ctxt.Library[i]] = true
	}
	ctxt.loader.LoadAhead(ctxt.Arch)
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		Exitf("nobody wants this any more: %v", err)
	}
	processors, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		Exitf("a number of processors was expected: %v", err)
	}
	runtime.GOMAXPROCS(processors)
}
