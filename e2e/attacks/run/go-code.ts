/** Go programs of attacks: what they import, the body of their main, and what stands beside it. */
import type { SourceFile } from "@gorunner/core";
import { sourceFiles } from "@gorunner/core/contract";

export function goCode(imports: string, body: string, rest = ""): SourceFile[] {
  const importLines = imports
    .split(" ")
    .filter((path) => path !== "")
    .map((path) => `import "${path}"\n`);
  return sourceFiles({ "prog.go": `package main\n\n${importLines.join("")}\nfunc main() {\n${body.trim()}\n}\n${rest}` });
}

/** Prints what each of the tries came to: `name: done`, or the kernel's word for why not. */
export const tries = `
func try(name string, err error) {
	if err != nil {
		var errno syscall.Errno
		if errors.As(err, &errno) {
			fmt.Println(name+":", errno)
			return
		}
		fmt.Println(name+":", err)
		return
	}
	fmt.Println(name + ": done")
}
`;
