/** The compiler and the linker driven by hand, with what is known about the standard library written down beforehand. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { outputOf } from "./timed-process.js";

export interface Tools {
  version: string;
  /** Whether go links C code by default, `0` or `1`: a program with `net` costs more then. */
  cgo: string;
  /** Where the import configuration is. */
  config: string;
  /** Compiles, links and runs the `main.go` of its working directory. */
  script: string;
}

export async function toolsOf(directory: string, env: NodeJS.ProcessEnv): Promise<Tools> {
  const told = await outputOf({ argv: ["go", "env", "GOVERSION", "CGO_ENABLED", "GOTOOLDIR"], directory, env });
  const [version = "", cgo = "", tools = ""] = told.split("\n");
  const config = join(directory, "importcfg");
  const language = /^go\d+\.\d+/.exec(version)?.[0] ?? version;
  const compile = `"${tools}/compile" -o main.a -p main -complete -lang=${language} -importcfg "${config}" -pack -dwarf=false main.go`;
  const link = `"${tools}/link" -o prog -importcfg "${config}" -s -w -buildmode=exe main.a`;
  return { version, cgo, config, script: `GOGC=off ${compile} && GOGC=off ${link} && ./prog` };
}

/** Writes where the archives of the packages lie that the measured programs import. */
export async function importConfig(directory: string, env: NodeJS.ProcessEnv, { config }: Tools): Promise<void> {
  const format = "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}";
  const argv = ["go", "list", "-export", "-deps", "-f", format, "fmt", "net/http/httptest"] as const;
  await writeFile(config, await outputOf({ argv, directory, env: { ...env, CGO_ENABLED: "0" } }));
}
