/** The command line `gorunner`. Exit codes: 0 done, 1 it failed (`run`: the program's own), 2 wrong usage or configuration. */
import { readFileSync } from "node:fs";
import { RunnerError } from "@gorunner/core";
import { Command, CommanderError } from "commander";
import { type CommandContext, tell, UsageError } from "./commands/command-context.js";
import { ConfigError } from "./config/config-error.js";

/** @param args without the names of the interpreter and the script. @returns the exit code. */
export async function main(args: readonly string[], context: CommandContext): Promise<number> {
  let exitCode = 0;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return await tellFailure(context, error);
  }
}

/** Commander has told its own already. */
async function tellFailure(context: CommandContext, error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError || error instanceof ConfigError) {
    await tell(context, error.message);
    return 2;
  }
  if (error instanceof RunnerError && error.code !== "INTERNAL") await tell(context, error.message);
  else await tell(context, `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
}

/** Each command is loaded when it is called: help and mistakes need no database driver. */
function createProgram(context: CommandContext, end: (exitCode: number) => void): Command {
  const program = command(new Command("gorunner"), context).description("Executes and shares Go code snippets.");
  const sub = (parent: Command, name: string, description: string) => command(parent.command(name), context).description(description);
  const configured = (parent: Command, name: string, description: string) =>
    sub(parent, name, description).option("--config <file>", "the configuration (default: CONFIG_PATH, else built-in defaults)");

  configured(program, "serve", "serve gRPC, REST and metrics until SIGTERM or SIGINT")
    .option("--no-migrate", "leave the schema of the store as it is")
    .action(async (options) => end(await (await import("./commands/serve.js")).serve(context, options)));

  const migrate = sub(program, "migrate", "bring the schema of the store up or down");
  configured(migrate, "up", "apply every migration that is missing").action(async (options) =>
    end(await (await import("./commands/migrate.js")).migrateUp(context, options)),
  );
  configured(migrate, "down", "undo the latest migration")
    .option("--drop-data", "also when that drops a table that holds rows")
    .action(async (options) => end(await (await import("./commands/migrate.js")).migrateDown(context, options)));
  configured(migrate, "status", "show which migrations are applied").action(async (options) =>
    end(await (await import("./commands/migrate.js")).migrateStatus(context, options)),
  );

  configured(program, "run", "run one program, without a server; exits as the program does")
    .argument("<file>", "a Go file, several in one text (txtar: a line `-- name --` before each), or - for the standard input")
    .argument("[args...]", "the program's arguments; after -- where they begin with a dash")
    .option("--test", "run its tests, also if it has a main function")
    .option("--bench", "run its tests and benchmarks")
    .option("--fake-clock", "let sleeping take no time, from 2009-11-10 23:00 UTC on")
    .option("--vet", "report what go vet finds, too")
    .action(async (file, args, options) => end(await (await import("./commands/run.js")).run(context, file, args, options)));

  configured(program, "doctor", "look at toolchain, sandbox, caches and connections, and say what mends what is broken").action(
    async (options) => end(await (await import("./commands/doctor.js")).doctor(context, options)),
  );
  return program;
}

/** Every command knows `--help` and `--version`, and throws where commander would end the process. */
function command(created: Command, context: CommandContext): Command {
  return created
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("(--help tells how)")
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: (text) => context.stderr.write(text) })
    .exitOverride();
}

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
