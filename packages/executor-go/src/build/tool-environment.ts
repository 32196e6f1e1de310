/** The environment of the toolchain in a build sandbox. */
import { buildSettings } from "../toolchain/go-command.js";
import { mountedBuildCache, mountedGoroot } from "../toolchain/import-config.js";

export const toolEnvironment: Record<string, string> = {
  ...buildSettings,
  GOROOT: mountedGoroot,
  GOCACHE: mountedBuildCache,
  GOPATH: "/tmp/gopath",
  GOTMPDIR: "/tmp",
  HOME: "/tmp",
  PATH: `${mountedGoroot}/bin`,
  // The module index is kept in GOCACHE, where nothing can be added; without it go reads the directories themselves.
  GODEBUG: "goindex=0",
  // No collection for programs of ordinary size; 300 MiB instead of 860 for one with 4,000 functions.
  GOGC: "off",
  GOMEMLIMIT: "256MiB",
};
