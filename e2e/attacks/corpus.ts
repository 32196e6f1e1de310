/** All attacks on the compilation and on the run. Those on the service are in service.ts. */
import type { Attack } from "./attack.js";
import { bombs } from "./compile/bombs.js";
import { sources } from "./compile/sources.js";
import { argumentsOfCalls } from "./run/arguments.js";
import { channels } from "./run/channels.js";
import { endings } from "./run/endings.js";
import { hostFiles } from "./run/host-files.js";
import { kernelMemory } from "./run/kernel-memory.js";
import { memory } from "./run/memory.js";
import { network } from "./run/network.js";
import { outputAndFiles } from "./run/output-and-files.js";
import { privileges } from "./run/privileges.js";
import { processes } from "./run/processes.js";
import { secrets } from "./run/secrets.js";
import { signals } from "./run/signals.js";
import { socketAttacks } from "./run/sockets.js";
import { stretching } from "./run/stretching.js";
import { syscalls } from "./run/syscalls.js";
import { time } from "./run/time.js";
import { tracing } from "./run/tracing.js";

export const attacks: readonly Attack[] = [
  ...sources,
  ...bombs,
  ...time,
  ...stretching,
  ...memory,
  ...kernelMemory,
  ...socketAttacks,
  ...argumentsOfCalls,
  ...processes,
  ...outputAndFiles,
  ...endings,
  ...signals,
  ...secrets,
  ...hostFiles,
  tracing,
  ...network,
  ...syscalls,
  ...channels,
  ...privileges,
];
