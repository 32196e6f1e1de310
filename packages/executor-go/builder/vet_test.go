package main

import (
	"slices"
	"testing"
)

func TestFindingsAreReadFromWhatGoVetSays(t *testing.T) {
	const said = `# play/a
vet: a/a.go:3:9: undefined: x
# play/b
b/b.go:4:2: not enough arguments in call to f
	have ()
	want (int)
package play
	imports no/such: package no/such is not in std
c/c.go:2:8: package no/such is not in std
# play
{
	"play": {
		"printf": [
			{"posn": "/src/prog.go:6:14", "end": "/src/prog.go:6:16", "message": "second"},
			{"posn": "/src/prog.go:4:2", "message": "first"},
			{"posn": "/src/other.go:50", "message": "without a column"}
		],
		"broken": {"error": "analyzer failed"}
	}
}
{"play [play.test]": {"printf": [{"posn": "/src/prog.go:4:2", "message": "first"}]}}
no required module provides package
`
	got, err := parseFindings([]byte(said), "/src")
	want := []finding{{"a/a.go", 3, 9, "undefined: x"}, {"b/b.go", 4, 2, "not enough arguments in call to f"}, {"c/c.go", 2, 8, "package no/such is not in std"}, {"other.go", 50, 0, "without a column"}, {"prog.go", 4, 2, "first"}, {"prog.go", 6, 14, "second"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if _, err := parseFindings([]byte("{no JSON at all"), "/src"); err == nil {
		t.Error("something else is read as findings")
	}
}
