/** The command line of one bubblewrap sandbox: what is in it, and what it can't reach. See bwrap(1). */
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { unavailable } from "@gorunner/core";
import type { Purpose } from "./seccomp/filters.js";
import type { SandboxLayout } from "./tier.js";

export interface BubblewrapLayout extends SandboxLayout {
  purpose: Purpose;
  /** The spawner's files in memory: ../../supervisor/memoryfiles.go. */
  memory: string;
  /** Where its program is going to be, in memory too; absent: there is none. */
  app?: string;
}

/** The descriptor on which bubblewrap says what it has started. */
const statusFd = 4;
/** The descriptor from which our first process reads the system call filter. */
const filterFd = 6;
/**
 * What our first process in the sandbox may do, until it has finished the walls (../../supervisor/walls.go): mount, write the
 * limit of user namespaces, give up capabilities for good.
 */
const finishing = ["CAP_SYS_ADMIN", "CAP_SYS_RESOURCE", "CAP_SETPCAP"];
const steps = ["--no-user-namespaces", "--processes-only", "--no-capabilities"];
/** The nobody of most systems; inside, it is the only user there is. */
const insideId = "65534";

/**
 * What is in /dev. Its own --dev has pseudo terminals besides, of which there are so many on a host, for all its
 * containers together (kernel.pty.max).
 */
const devices = ["null", "zero", "full", "random", "urandom"];
/** What the toolchain opens of these. Each is a mount, and takes bubblewrap a fifth of a millisecond. */
const devicesOfTools = ["null"];
/** The same on the host. They are shown to sandboxes as they are, and so should be read-only themselves. */
export const hostDevices = devices.map((name) => `/dev/${name}`);
const streams = { fd: "/proc/self/fd", stdin: "/proc/self/fd/0", stdout: "/proc/self/fd/1", stderr: "/proc/self/fd/2" };

export function bubblewrapArgs(layout: BubblewrapLayout): string[] {
  const isForUsers = layout.purpose === "run";
  const shared = join(layout.memory, "shared");
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    // The supervisor is pid 1, so that nothing in the sandbox can kill it and nothing outlives it.
    ...["--as-pid-1", "--die-with-parent", "--new-session"],
    ...["--uid", insideId, "--gid", insideId, "--hostname", "sandbox", "--clearenv"],
    ...["--cap-drop", "ALL", ...finishing.flatMap((capability) => ["--cap-add", capability])],
    ...["--proc", "/proc", "--tmpfs", "/dev"],
    ...(isForUsers ? devices : devicesOfTools).flatMap((name) => ["--dev-bind", `/dev/${name}`, `/dev/${name}`]),
    ...Object.entries(streams).flatMap(([name, target]) => ["--symlink", target, `/dev/${name}`]),
    ...["--perms", "1777", "--size", String(layout.tmpBytes), "--tmpfs", "/tmp"],
    ...["--ro-bind", join(shared, "supervisor"), "/supervisor", "--ro-bind", join(shared, "etc"), "/etc"],
    ...(isForUsers ? ["--ro-bind-try", join(shared, "zoneinfo"), "/usr/share/zoneinfo"] : []),
    ...(layout.app === undefined ? [] : ["--ro-bind", layout.app, "/app"]),
    ...layout.readOnly.flatMap(({ from, to }) => ["--ro-bind", from, to]),
    ...(layout.writable ?? []).flatMap(({ from, to }) => ["--bind", from, to]),
    // bubblewrap's own tmpfs for these would be writable, outside every limit.
    ...["--remount-ro", "/dev", "--remount-ro", "/"],
    ...["--chdir", "/", "--json-status-fd", String(statusFd), "--", "/supervisor", "walls", ...steps, "--seccomp", String(filterFd)],
  ];
}

/** @throws RunnerError UNAVAILABLE when bubblewrap is not installed. */
export async function findBubblewrap(path = process.env["PATH"] ?? ""): Promise<string> {
  for (const directory of [...path.split(delimiter).filter((part) => part !== ""), "/usr/bin", "/bin"]) {
    const candidate = join(directory, "bwrap");
    const executable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return candidate;
  }
  throw unavailable("bubblewrap (bwrap) is not installed; install it, e.g. `apt-get install bubblewrap` or `dnf install bubblewrap`");
}
