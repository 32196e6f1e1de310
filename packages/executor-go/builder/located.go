package main

import (
	"os"
	"strings"
)

// Where the server's notes on the standard library say that the toolchain and its archives are: where they are mounted
// in a sandbox that has a root of its own.
const (
	mountedGoroot     = "/usr/local/go"
	mountedBuildCache = "/gocache"
)

// located answers where the notes in dir are as they hold for this sandbox: right there, or, where it has no root of its
// own, in a copy that names the places of the host.
func located(dir string, flavour flavour) (string, error) {
	buildCache := os.Getenv("GOCACHE")
	if goroot == mountedGoroot && buildCache == mountedBuildCache {
		return dir, nil
	}
	copied := tmpDir + "/std-" + string(flavour)
	if err := os.MkdirAll(copied, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"toolchain", "compile.cfg", "link.cfg"} {
		content, err := os.ReadFile(dir + "/" + name)
		if err != nil {
			return "", err
		}
		text := strings.ReplaceAll(string(content), "="+mountedBuildCache+"/", "="+buildCache+"/")
		text = strings.ReplaceAll(text, "\n"+mountedGoroot+"/", "\n"+goroot+"/")
		if err := os.WriteFile(copied+"/"+name, []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return copied, nil
}
