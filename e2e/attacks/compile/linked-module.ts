/** A module with symbolic links to files of the host, which its package embeds. */
import { randomUUID } from "node:crypto";
import type { SourceFile } from "@gorunner/core";
import { sourceFiles } from "@gorunner/core/contract";
import { aModule } from "@gorunner/testing";

export const linkedModulePath = "gorunner.test/linked";
export const linkedModuleVersion = "v1.0.0";

const code = `package linked

import "embed"

//go:embed link.txt
var Link string

//go:embed folder
var Folder embed.FS
`;

export const linkedModule = aModule(
  linkedModulePath,
  linkedModuleVersion,
  { "linked.go": code, "folder/file.txt": "a file" },
  { "link.txt": "/etc/passwd", "folder/link.txt": "../../../../../../../../etc/passwd" },
);

/** Prints all that the module could embed; never the same, since what was built before is not built again. */
export const usesLinkedModule = (): SourceFile[] =>
  sourceFiles({
    "prog.go": `package main

import (
	"io/fs"

	"${linkedModulePath}"
)

func main() {
	println(linked.Link)
	fs.WalkDir(linked.Folder, ".", func(path string, _ fs.DirEntry, _ error) error {
		data, _ := linked.Folder.ReadFile(path)
		println(path, string(data))
		return nil
	})
}

// ${randomUUID()}
`,
    "go.mod": `module play\n\ngo 1.20\n\nrequire ${linkedModulePath} ${linkedModuleVersion}\n`,
    "go.sum": linkedModule.sums,
  });
