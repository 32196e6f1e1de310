package main

import (
	"encoding/json"
	"os"
	"slices"
)

// request is what the server asks for.
type request struct {
	// Path is how to build: auto, direct (the compiler and the linker alone) or go.
	Path string `json:"path"`
	// Mode is run, test or bench. A program without main that has tests is tested also where it should run.
	Mode string `json:"mode"`
	// Vet is whether go vet looks at the program too.
	Vet bool `json:"vet"`
	// Clock is real or fake.
	Clock string `json:"clock"`
	// Modules is what there is of modules from elsewhere: off (none may be used), on (they can be fetched) or fetched.
	Modules string `json:"modules"`
	// Language is the toolchain's, as in the go line of a go.mod; empty where it has no number.
	Language string `json:"language"`
}

// report is what the server is told about a build that succeeded.
type report struct {
	// Taken is which path was taken, and why if it was not the direct one.
	Taken string `json:"taken"`
	// Linker is stock, own, or preloaded.
	Linker string `json:"linker"`
	// Tests says whether the programs are test binaries.
	Tests bool `json:"tests"`
	// Programs are the binaries, in the order in which they stand in the artifact.
	Programs []builtProgram `json:"programs"`
	// Vet is what go vet found; null where it was not asked.
	Vet []finding `json:"vet"`
}

type builtProgram struct {
	// Package is its import path; empty where it has none.
	Package string `json:"package"`
	// Dir is the folder that holds its files.
	Dir   string `json:"dir"`
	Bytes int64  `json:"bytes"`
	// Failed is whether it could not be built, and is none; Complaint is what the toolchain then said that is not said of
	// those before.
	Failed    bool   `json:"failed,omitempty"`
	Complaint string `json:"complaint,omitempty"`
}

func build(asking []byte, own ownLinker) {
	var asked request
	if err := json.Unmarshal(asking, &asked); err != nil {
		fail(err)
	}
	program, err := readProgram(asked)
	if err != nil {
		fail(err)
	}
	if asked.Modules != modulesFetched {
		program.checkModules(asked)
	}
	if program.isForTests(asked) {
		buildTests(program, asked)
		return
	}
	var told report
	told.Taken, told.Linker = buildBinary(program, asked, own)
	told.Programs = []builtProgram{{Dir: ".", Bytes: sizeOf(artifact)}}
	if asked.Vet {
		program.ensureModule(asked.Language)
		told.vet(asked, program.target())
	}
	tell(told)
}

// isForTests is whether the program's tests are what runs.
func (read *program) isForTests(asked request) bool {
	return asked.Mode != "run" || (!read.hasMain() && read.hasTests())
}

// buildBinary builds a program that is to run. It answers which way it took, and how it was linked.
func buildBinary(program *program, asked request, own ownLinker) (taken, linked string) {
	if asked.Path == "go" {
		return goBuild(program, asked, "asked for"), stockLinked
	}
	std, err := readStd(asked.flavour())
	if err != nil {
		return goBuild(program, asked, "the standard library is not compiled yet"), stockLinked
	}
	if reason := program.needsGoBuild(std); reason != "" {
		if asked.Path == "direct" {
			refuse("the direct path can't build this: " + reason)
		}
		return goBuild(program, asked, reason), stockLinked
	}
	return "direct", buildDirectly(program, std, own)
}

func (told *report) vet(asked request, targets ...string) {
	told.Vet = sorted(slices.Concat(told.Vet, vet(targets, asked)))
	if told.Vet == nil {
		told.Vet = []finding{} // asked, and nothing found
	}
}

func tell(what any) {
	if err := json.NewEncoder(os.Stdout).Encode(what); err != nil {
		fail(err)
	}
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		fail(err)
	}
	return info.Size()
}
