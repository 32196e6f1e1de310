/** The TypeScript build, skipped when neither a source nor an output changed. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fail, remedyFor, say } from "./console.mjs";
import { filesBelow, fingerprintOfTimes, stampAt } from "./fingerprint.mjs";
import { workspaceDirectories } from "./packages.mjs";
import { run } from "./processes.mjs";

const stamp = stampAt("node_modules/.prepared-build");

/** Where sources are, below a workspace directory, and where their JavaScript goes. */
const folders = /** @type {const} */ ([
  ["src", "dist"],
  ["contract", "dist-contract"],
]);

/** @param {{ version: string }} node */
export const isBuilt = (node) => stamp.is(fingerprint(node)) && missingOutputs().length === 0;

/** @param {{ path: string; version: string }} node @param {(pids: number[]) => Promise<void>} note */
export async function build(node, note) {
  say("building");
  await stamp.clear();
  // Taken before the build: what is edited meanwhile is built the next time.
  const built = fingerprint(node);
  await compile(node, [], note);
  // The compiler trusts its own notes; what was deleted behind its back comes back only by force.
  if (missingOutputs().length > 0) await compile(node, ["--force"], note);
  const [missing] = missingOutputs();
  if (missing !== undefined) fail(`the build made no ${missing.output}`, "Name its package among the references of tsconfig.json.");
  stamp.set(built);
}

/** @param {{ path: string }} node @param {string[]} options @param {(pids: number[]) => Promise<void>} note */
async function compile(node, options, note) {
  const { ok, output } = await run(node.path, ["node_modules/typescript/bin/tsc", "-b", ...options], { note });
  if (!ok) fail(`the build failed:\n${output.trim()}`, remedyFor(output, "Mend what the compiler says above."));
}

/** @param {{ version: string }} node */
function fingerprint({ version }) {
  const configurations = [".", ...workspaceDirectories(), "packages/core/contract"].flatMap((directory) =>
    ["tsconfig.json", "tsconfig.base.json", "package.json"].map((name) => join(directory, name)),
  );
  return fingerprintOfTimes([...configurations.filter((file) => existsSync(file)), ...sources().map(({ source }) => source)], [version]);
}

function sources() {
  return workspaceDirectories().flatMap((directory) =>
    // A package whose TypeScript is loaded as it is has no configuration of its own to build it.
    !existsSync(join(directory, "tsconfig.json"))
      ? []
      : folders.flatMap(([from, to]) =>
          filesBelow(join(directory, from)).map((source) => ({
            source,
            output: join(directory, to, relative(join(directory, from), source)).replace(/\.ts$/, ".js"),
          })),
        ),
  );
}

const missingOutputs = () =>
  sources().filter(({ source, output }) => source.endsWith(".ts") && !source.endsWith(".d.ts") && !existsSync(output));
