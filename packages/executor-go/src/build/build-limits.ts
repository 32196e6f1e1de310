/** What one build may use. It is the same for every program: the compiler's needs are not the program's. */
import type { Job } from "../sandbox/job.js";

/** What the compiler and the linker need for ordinary programs, with room to spare; a hostile constant asks for 4 GB. */
export const buildMemoryBytes = 1024 * 1024 * 1024;
/** How it is held to that where no control group does it, as a part of its job. */
export const countedBuildMemory = (exactMemory: boolean): Pick<Job, "memory"> =>
  exactMemory ? {} : { memory: { bytes: buildMemoryBytes, countPages: true } };
/** A fetch of modules compiles nothing: the go command reads go.mod files and the imports of packages. */
export const fetchMemoryBytes = 512 * 1024 * 1024;
/** What a build may keep in files. */
export const buildDiskBytes = 512 * 1024 * 1024;
export const maxBinaryBytes = 256 * 1024 * 1024;
export const maxToolOutputBytes = 256 * 1024;
export const buildProcesses = 256;
