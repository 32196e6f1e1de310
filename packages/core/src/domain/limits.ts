/** What one execution may use. Every limit has an outcome of its own, but for the disk, whose end the program sees as an error. */
export interface Limits {
  /** Wall time of the build, in milliseconds. */
  buildTimeoutMs: number;
  /** Wall time of the run, in milliseconds. */
  runTimeoutMs: number;
  /** CPU time of the run, in milliseconds; absent: bounded by the wall time alone. */
  cpuMs?: number;
  /** Memory of the program, in bytes. */
  memoryBytes: number;
  /** stdout and stderr together, in bytes; at the limit the program is killed and the head is kept. */
  outputBytes: number;
  /** Processes and threads at one time. */
  processes: number;
  /** What the program may write to its private temporary file system, in bytes. */
  diskBytes: number;
}

/** The limits that hold where nobody says otherwise. */
export const defaultLimits: Limits = {
  buildTimeoutMs: 10_000,
  runTimeoutMs: 5_000,
  memoryBytes: 256 * 1024 * 1024,
  outputBytes: 1024 * 1024,
  processes: 128,
  diskBytes: 64 * 1024 * 1024,
};
