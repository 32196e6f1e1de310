/**
 * What our server is compared with: the toolchain in other hands, without server and sandbox, on the same machine at the
 * same time. Each measures milliseconds from a file that lies there to a program's last byte.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { timed } from "../interleave.js";
import { hello, httpProgram, type Program } from "../programs.js";
import { importConfig, type Tools, toolsOf } from "./bare-tools.js";
import { outputOf } from "./timed-process.js";

export class GoReferences {
  readonly #directory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #tools: Tools;

  private constructor(directory: string, env: NodeJS.ProcessEnv, tools: Tools) {
    this.#directory = directory;
    this.#env = env;
    this.#tools = tools;
  }

  /**
   * @param directory for what is made here, thrown away afterwards.
   * @param buildCache go's own, kept between runs of the bench: a user's is warm too.
   */
  static async open(directory: string, buildCache: string): Promise<GoReferences> {
    await mkdir(buildCache, { recursive: true });
    // A user's environment, less what only this machine sets.
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME: HOME ?? directory, GOCACHE: buildCache, GOTOOLCHAIN: "local" };
    const tools = await toolsOf(directory, env);
    const references = new GoReferences(directory, env, tools);
    for (const program of [hello(), httpProgram()]) for (const way of [references.goRun, references.goBuild]) await way(program);
    await importConfig(directory, env, tools);
    return references;
  }

  /** Go's name and settings, for the record. */
  get toolchain(): string {
    return `${this.#tools.version}, CGO_ENABLED=${this.#tools.cgo}`;
  }

  /** `go run main.go`, as a user types it. */
  readonly goRun = (program: Program) =>
    this.#withFile(program, (directory) => this.#check(program, { argv: ["go", "run", "main.go"], directory }));

  /** The same file again: since Go 1.24 go keeps the program and only runs it. */
  readonly goRunAgain = (program: Program) =>
    this.#withFile(program, async (directory) => {
      await this.#check(program, { argv: ["go", "run", "main.go"], directory });
      return this.#check(program, { argv: ["go", "run", "main.go"], directory });
    });

  /** `go build`, and then the program, as others serve it. */
  readonly goBuild = (program: Program) =>
    this.#withFile(program, (directory) => this.#check(program, { argv: ["sh", "-c", "go build -o prog main.go && ./prog"], directory }));

  /** The compiler, the linker and the program, nothing else: what a user's program costs at least with the tools as they are. */
  readonly floor = (program: Program) =>
    this.#withFile(program, (directory) => this.#check(program, { argv: ["sh", "-c", this.#tools.script], directory }));

  /** The program alone, built before. */
  readonly execute = (program: Program) =>
    this.#withFile(program, async (directory) => {
      await outputOf({ argv: ["go", "build", "-ldflags=-s -w", "-o", "prog", "main.go"], directory, env: this.#env });
      return this.#check(program, { argv: ["./prog"], directory });
    });

  async #withFile(program: Program, measure: (directory: string) => Promise<number>): Promise<number> {
    const directory = await mkdtemp(join(this.#directory, "go-"));
    try {
      await writeFile(join(directory, "main.go"), program.code);
      return await measure(directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  #check(program: Program, { argv, directory }: { argv: [string, ...string[]]; directory: string }): Promise<number> {
    return timed(async () => {
      const output = await outputOf({ argv, directory, env: this.#env });
      if (output !== program.output) throw new Error(`${argv.join(" ")} gave another output than its program's`);
    });
  }
}
