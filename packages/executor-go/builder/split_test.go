package main

import "testing"

func TestSplitTests(t *testing.T) {
	const source = `package a

import (
	"strconv"
	"testing"
	yes "fmt"
	"math/rand/v2"
	_ "embed"
)

// Text is for others.
func Text() string { return strconv.Itoa(1) }

func TestText(t *testing.T) { yes.Println(rand.N(2), Text()) }

func Testify() {}
`
	file := parse("a.go", []byte(source), true)
	tests, rest := file.splitTests([]byte(source), false)
	const wantTests = `package a

import (
	_ "strconv"
	"testing"
	yes "fmt"
	"math/rand/v2"
	_ "embed"
)

// Text is for others.
                                             

func TestText(t *testing.T) { yes.Println(rand.N(2), Text()) }

                 
`
	const wantRest = `package a

import (
	"strconv"
	_ "testing"
	_ "fmt"
	_ "math/rand/v2"
	_ "embed"
)

// Text is for others.
func Text() string { return strconv.Itoa(1) }

                                                              

func Testify() {}
`
	if got := string(tests); got != wantTests {
		t.Errorf("the tests are\n%s", got)
	}
	if got := string(rest); got != wantRest {
		t.Errorf("the rest is\n%s", got)
	}
}

func TestPackageName(t *testing.T) {
	for imported, want := range map[string]string{
		"fmt":                           "fmt",
		"math/rand/v2":                  "rand",
		"gopkg.in/yaml.v3":              "yaml",
		"github.com/mattn/go-colorable": "colorable",
		"v2":                            "v2",
	} {
		if got := packageName(imported); got != want {
			t.Errorf("packageName(%q) = %q", imported, got)
		}
	}
}
