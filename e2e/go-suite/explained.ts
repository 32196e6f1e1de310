/** Programs of Go's own test suite that can't give their result in a sandbox without a toolchain, and why. */
const needsToolchain = "runs the go command or reads the toolchain's sources, which a program's sandbox does not hold";
const needsCgo = "needs cgo, which is off";
const otherPlatform = "is for another platform, which its build line says and a file named to go build ignores";

export const explained: Record<string, string> = {
  "const7.go": needsToolchain,
  "linkmain_run.go": needsToolchain,
  "linkobj.go": needsToolchain,
  "linkx_run.go": needsToolchain,
  "nilptr_aix.go": otherPlatform,
  "nosplit.go": needsToolchain,
  "winbatch.go": otherPlatform,
  "fixedbugs/bug369.go": needsToolchain,
  "fixedbugs/bug514.go": needsCgo,
  "fixedbugs/issue10607.go": needsToolchain,
  "fixedbugs/issue11771.go": needsToolchain,
  "fixedbugs/issue14636.go": needsToolchain,
  "fixedbugs/issue16037_run.go": needsToolchain,
  "fixedbugs/issue19658.go": needsToolchain,
  "fixedbugs/issue21317.go": needsToolchain,
  "fixedbugs/issue21576.go": needsToolchain,
  "fixedbugs/issue22660.go": needsToolchain,
  "fixedbugs/issue22662b.go": needsToolchain,
  "fixedbugs/issue33555.go": needsToolchain,
  "fixedbugs/issue38093.go": otherPlatform,
  "fixedbugs/issue40954.go": needsCgo,
  "fixedbugs/issue42032.go": needsCgo,
  "fixedbugs/issue42076.go": needsCgo,
  "fixedbugs/issue46903.go": needsCgo,
  "fixedbugs/issue51733.go": needsCgo,
  "fixedbugs/issue52127.go": needsToolchain,
  "fixedbugs/issue54542.go": needsToolchain,
  "fixedbugs/issue9355.go": needsToolchain,
  "fixedbugs/issue9862_run.go": needsToolchain,
};
