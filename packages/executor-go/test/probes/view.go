// Prints what can be seen in /proc, /sys and /dev, one name a line, and then what is mounted: `mount PATH KIND ro` or `rw`.
package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// process are names of processes: each sees others.
var process = regexp.MustCompile("^[0-9]+$")

func main() {
	for _, dir := range []string{"/proc", "/proc/self", "/sys", "/dev"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			fmt.Println(dir, "missing")
			continue
		}
		for _, entry := range entries {
			if !process.MatchString(entry.Name()) {
				fmt.Println(dir + "/" + entry.Name())
			}
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(mounts)), "\n") {
		_, kind, _ := strings.Cut(line, " - ")
		options, _, _ := strings.Cut(strings.Fields(line)[5], ",")
		fmt.Println("mount", strings.Fields(line)[4], strings.Fields(kind)[0], options)
	}
}
