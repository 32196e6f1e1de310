/**
 * Expressions that `is-linear.ts` can't show to be linear, by file, each with what it is matched with. None of that is a
 * text of a caller's or of a program's: for such a text write a scan, or cut it to a length first.
 */
const peer = "the address of a peer, as grpc-js writes it";
const ownMetrics = "a line of our own metrics, whose labels are ours";
const configuration = "a value of the operator's configuration, read once";
const kernel = "a file of the kernel";
const toolchain = "what the toolchain says of itself";
const ownTable = "a table in this repository";
const ownProof = "what our own program prints, which is built into the server";

export const accepted: Record<string, Record<string, string>> = {
  "adapters-grpc/src/server/caller-of.ts": { "/:\\d+$/": peer },
  "adapters-http/src/metrics/open-metrics.ts": {
    "/^# (HELP|TYPE) (\\S+)_total (.*)$/": ownMetrics,
    '/(?<=[{,]le=")([0-9]+)(?=")/': ownMetrics,
  },
  "adapters-storage/src/location/parse-store-uri.ts": { "/^\\w+\\s*=/": configuration },
  "adapters-storage/src/location/postgres-url.ts": { "/^(\\w+:\\/\\/[^/?#]*@)(?=[:/?]|$)/": configuration },
  "executor-go/src/proof/prove-sandbox.ts": { "/^breach: (.*)$/gm": ownProof },
  "executor-go/src/sandbox/cgroup-mounts.ts": { "/^(\\d+):([^:]*):(.*)$/": kernel },
  "executor-go/src/sandbox/cgroups.ts": { 'new RegExp(`^${name} (\\\\d+)$`, "m")': kernel },
  "executor-go/src/sandbox/find-cgroups.ts": { "/^PPid:\\s+(\\d+)/m": kernel, "/\\s+/": kernel },
  "executor-go/src/sandbox/host-lacks.ts": { "/^Seccomp:\\s+2$/m": kernel },
  "executor-go/src/sandbox/identity.ts": { "/\\s+/": kernel },
  "executor-go/src/sandbox/seccomp/syscall-table.ts": { "/\\s+/": ownTable },
  "executor-go/src/toolchain/find-toolchain.ts": { "/^go(\\d+\\.\\d+)/": toolchain, "/^go(\\d+)\\.(\\d+)/": toolchain },
  "executor-go/src/toolchain/import-config.ts": {
    "/^packagefile [^=]+=(.+)$/gm": toolchain,
    "/^go\\d+\\.\\d+/": toolchain,
    "/^modinfo .*$/m": toolchain,
  },
  "server/src/config/address.ts": { "/^(?:\\[([0-9A-Fa-f:.]+(?:%\\w+)?)\\]|([^\\s:/@[\\]]*)):(\\d{1,5})$/": configuration },
  "server/src/config/duration.ts": { "/(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|μs|ms|s|m|h)/gy": configuration },
  "server/src/config/size.ts": { "/^(\\d+(?:\\.\\d+)?) ?([KMG]iB|B)?$/": configuration },
};
