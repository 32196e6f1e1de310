package main

import "testing"

func TestIsForeign(t *testing.T) {
	for path, want := range map[string]bool{
		"github.com/google/uuid": true,
		"example.com/men":        true,
		"example.com":            true,
		"golang.org/x/net/html":  true,
		"127.0.0.1/x":            true,
		"fmt":                    false,
		"internal/abi":           false,
		"vendor/golang.org/x":    false,
		"C":                      false,
		"":                       false,
		".":                      false,
		"./sub":                  false,
		"../sub":                 false,
		"/a.b/c":                 false,
		"git::https://a.b/c":     false,
		"a.b/c d":                false,
		"a.b/c\n":                false,
		"example.com/me":         false,
		"example.com/me/sub":     false,
	} {
		if got := isForeign(path, "example.com/me"); got != want {
			t.Errorf("isForeign(%q) = %v", path, got)
		}
	}
}
