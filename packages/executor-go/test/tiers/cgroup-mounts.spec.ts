import assert from "node:assert/strict";
import { parseCgroupMounts } from "../../src/sandbox/cgroup-mounts.js";

const lines = (...all: string[]) => `${all.join("\n")}\n`;

describe("parseCgroupMounts", () => {
  it("reads a host with version 2 alone", () => {
    const found = parseCgroupMounts(
      lines("25 1 8:1 / / rw - ext4 /dev/sda1 rw", "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"),
      "0::/user.slice/user-1000.slice/run-1.scope\n",
    );
    assert.deepEqual(found.unified, { top: "/sys/fs/cgroup", own: "/sys/fs/cgroup/user.slice/user-1000.slice/run-1.scope" });
    assert.equal(found.controllers.size, 0);
  });

  it("reads a hybrid host, with controllers that are mounted together", () => {
    const found = parseCgroupMounts(
      lines(
        "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
        "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
        "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      ),
      lines("9:name=systemd:/x", "4:memory:/a/b", "1:cpu,cpuacct:/", "0::/"),
    );
    assert.deepEqual(found.unified, { top: "/sys/fs/cgroup/unified", own: "/sys/fs/cgroup/unified" });
    assert.deepEqual(found.controllers.get("memory"), { top: "/sys/fs/cgroup/memory", own: "/sys/fs/cgroup/memory/a/b" });
    assert.deepEqual(found.controllers.get("cpu"), found.controllers.get("cpuacct"));
    assert.equal(found.controllers.get("pids"), undefined);
  });

  it("reads a container, whose mount begins at its own group", () => {
    const found = parseCgroupMounts(
      "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
      "4:memory:/docker/abc/d\n",
    );
    assert.deepEqual(found.controllers.get("memory"), { top: "/sys/fs/cgroup/memory", own: "/sys/fs/cgroup/memory/d" });
  });

  it("takes a group that lies outside of what is mounted for the topmost", () => {
    const found = parseCgroupMounts("35 31 0:32 /a /cg rw - cgroup2 none rw\n", "0::/b\n");
    assert.deepEqual(found.unified, { top: "/cg", own: "/cg" });
  });

  it("reads names with spaces", () => {
    const found = parseCgroupMounts("35 31 0:32 / /my\\040groups rw - cgroup2 none rw\n", "0::/x\n");
    assert.deepEqual(found.unified, { top: "/my groups", own: "/my groups/x" });
  });

  it("finds nothing where nothing is", () => {
    const found = parseCgroupMounts("", "");
    assert.deepEqual([found.unified, found.controllers.size], [undefined, 0]);
  });
});
