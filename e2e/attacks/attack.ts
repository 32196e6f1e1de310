/** An attack, as data: what is sent, how that may end, and how it is first seen to succeed. */
import type { ExecutionRequest, Limits, Outcome, SourceFile } from "@gorunner/core";
import type { Line } from "./corpus-lines.js";

/** `refused`: INVALID_ARGUMENT, before anything is started. */
export type Ending = Outcome | "refused";

export interface Attack {
  /** Unique in the corpus, and free of anything that changes from run to run. */
  name: string;
  line: Line;
  request: Omit<ExecutionRequest, "mode" | "clock"> & Partial<ExecutionRequest>;
  /** Arguments that are known only when the attack is made: addresses to reach, say. */
  argsOf?: (world: World) => string[];
  /** It is made where modules from elsewhere are allowed, and the proxy has {@link linkedModule}. */
  fetches?: true;
  /** What is sent is laid out, not executed. */
  format?: true;
  /** What runs to its end before it, and leaves what it can. */
  after?: SourceFile[];
  /** What runs while it does, and has begun to say something. */
  beside?: SourceFile[];
  /** More than one where the machine's speed decides. */
  ends: Ending[];
  /** The same under rlimits alone, where that differs. */
  endsUnderRlimits?: Ending[];
  exitCode?: number;
  signal?: string;
  /** All of stdout. */
  prints?: string | Uint8Array;
  /** What is in stdout or stderr. */
  says?: RegExp;
  /** What is in neither. */
  hides?: RegExp;
  /** Several where not one rule stops all parts of it. */
  control?: Control | readonly Control[];
  /** The same under rlimits alone, where another rule stops it. */
  controlUnderRlimits?: Control;
  /**
   * The commit on which the attack was seen to succeed by hand, where its mend can't be switched off alone. The table
   * prints it.
   */
  succeededAt?: string;
  /** Part of `npm test`: fast, and one of a kind; `everywhere`: in each mode that is tried there, else in the first alone. */
  representative?: "once" | "everywhere";
}

/** The same attack with only the rule that stops it switched off: it must then succeed. */
export interface Control {
  /**
   * The rule, or those of which each alone would stop it. `limit`: the limits given here stand in place of the attack's.
   */
  without: "limit" | Rule | readonly Rule[];
  limits?: Partial<Limits>;
  /** Which hosts would let it succeed; absent: any. */
  where?: HostKind;
  /** What says that it succeeded: in stdout or stderr, or in the error that the caller gets instead. */
  says: RegExp;
  /** Which part of the attack this shows, in a few words; absent: all of it. */
  part?: string;
}

export interface HostKind {
  /** Whether this host is one. */
  isHere: () => boolean;
  /** What it takes, in a few words. */
  told: string;
}

/**
 * Rules that the harness can leave out: those that stand on bubblewrap's command line, and those that are set by a system
 * call; see rule-off.ts.
 */
export type Rule =
  | "network namespace"
  | "ipc namespace"
  | "read-only root"
  | "read-only mounts"
  | "empty root"
  | "choice of devices"
  | "processes alone in /proc"
  | "files in memory"
  | "user nobody"
  | "dropping of capabilities"
  | "system call filter"
  | "hiding of the supervisor"
  | "closing of descriptors"
  | "limit of open files"
  | "limit of file sizes"
  | "limit of core dumps"
  | "limit of address space"
  | "limit of pending signals";

/** What there is outside the sandbox for an attack to reach. */
export interface World {
  /** Listeners on the host's loopback. */
  tcpPort: number;
  udpPort: number;
  /** A name server there that has an address for every name. */
  nameServerPort: number;
  /** An abstract socket, without its NUL. */
  abstractSocket: string;
  /** A socket with a path, and a file, that anybody on the host can open. */
  pathSocket: string;
  file: string;
}
