/** npm run check. */
import { runChecks } from "./checks.mjs";

process.exitCode = runChecks() === 0 ? 0 : 1;
