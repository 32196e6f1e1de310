/** The environment of the toolchain in a build sandbox. */

import type { Locate } from "../sandbox/tier.js";
import { buildSettings } from "../toolchain/go-command.js";
import { mountedBuildCache, mountedGoroot, mountedImportConfigs } from "../toolchain/import-config.js";

export const toolEnvironment = (locate: Locate): Record<string, string> => ({
  ...buildSettings,
  GOROOT: locate(mountedGoroot),
  GOCACHE: locate(mountedBuildCache),
  GOPATH: locate("/tmp/gopath"),
  GOTMPDIR: locate("/tmp"),
  HOME: locate("/tmp"),
  TMPDIR: locate("/tmp"),
  PATH: locate(`${mountedGoroot}/bin`),
  // The builder's own (builder/std.go).
  GORUNNER_STD: locate(mountedImportConfigs),
  // The module index is kept in GOCACHE, where nothing can be added; without it go reads the directories themselves.
  GODEBUG: "goindex=0",
  // No collection for programs of ordinary size; 300 MiB instead of 860 for one with 4,000 functions.
  GOGC: "off",
  GOMEMLIMIT: "256MiB",
});
