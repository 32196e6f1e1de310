/** What each kind of process may ask of the kernel: what Go needs, and nothing for its own sake. docs/system-calls.md shows it. */
import type { Architecture } from "./architecture.js";
import { countedFileCalls, fileCalls, supervisorFileCalls, toolFileCalls } from "./file-calls.js";
import { memoryCalls, privateMemory, timeCalls } from "./memory-calls.js";
import type { Policy } from "./policy.js";
import { processCalls, starterCalls, toolProcessCalls } from "./process-calls.js";
import { countedSocketCalls, internetCalls, socketCalls } from "./socket-calls.js";

/** What all have. */
const basic = (architecture: Architecture): Policy => ({ ...memoryCalls, ...timeCalls, ...processCalls(architecture) });

const common = (architecture: Architecture): Policy => ({ ...basic(architecture), ...fileCalls });

/** A user's program: threads, but no new process. */
export const runPolicy = (architecture: Architecture): Policy => ({ ...common(architecture), ...socketCalls });

/** The same where no control group limits memory, without what RLIMIT_DATA and the supervisor do not count. */
export const runPolicyByRlimits = (architecture: Architecture): Policy => ({
  ...basic(architecture),
  ...privateMemory,
  ...countedFileCalls(),
  ...countedSocketCalls(),
});

/** The sandbox in which a user's program runs, with our supervisor. */
export const aroundRunPolicy = (architecture: Architecture): Policy => ({
  ...runPolicy(architecture),
  ...starterCalls(architecture),
  ...supervisorFileCalls,
});

/** Our builder and Go's own tools, without sockets. */
export const buildPolicy = (architecture: Architecture): Policy => ({
  ...common(architecture),
  ...starterCalls(architecture),
  ...supervisorFileCalls,
  ...toolFileCalls,
  ...toolProcessCalls,
});

/** The same with what it takes to reach a module proxy by name; the host's local sockets are none of it. */
export const fetchPolicy = (architecture: Architecture): Policy => ({ ...buildPolicy(architecture), ...internetCalls });
