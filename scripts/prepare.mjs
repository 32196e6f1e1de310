/**
 * Makes this clone ready: a supported Node, pnpm, the packages, the build, what the system must bring, and Go.
 * Does only what is missing, says what it does while it does it, and writes the path of the Node to use to
 * `.toolchain/node`.
 *
 *   node scripts/prepare.mjs start | test | browser | cli | packages
 *
 * Runs on the machine's own Node (18 or newer), before any package is there: no dependency, no TypeScript.
 */
import { fail, PreparationError, say } from "./prepare/console.mjs";

const oldestNode = 18;

try {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    fail(`this is Node ${process.versions.node}, and Runner's scripts need Node ${oldestNode} or newer`, "Install a newer Node.");
  }
  const { prepare } = await import("./prepare/plan.mjs");
  await prepare(process.argv[2] ?? "");
} catch (failure) {
  if (!(failure instanceof PreparationError)) throw failure;
  say(`failed: ${failure.message}`);
  process.exitCode = failure.exitCode;
}
