/** What processes in sandboxes see of /proc, /sys, /dev and of file systems, compared with docs/security.md. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Sandboxed } from "../sandboxed.js";

const document = new URL("../../../../docs/security.md", import.meta.url);

interface Row {
  paths: string[];
  cells: string[];
}

async function documented(): Promise<Row[]> {
  const text = await readFile(document, "utf8");
  const [, part = ""] = /<!-- what a sandbox sees -->(.*)<!-- end of what a sandbox sees -->/s.exec(text) ?? [];
  return part
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [path = "", ...cells] = line.slice(1, -1).split("|");
      return { paths: [...path.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name), cells: cells.map((cell) => cell.trim()) };
    });
}

/** Where something that can be written to is mounted; devices are read-only where the spawner could make them so. */
const writable = (lines: string[]) =>
  lines
    .filter((line) => line.startsWith("mount ") && line.endsWith(" rw"))
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => !path.startsWith("/dev/"));

describe("What a sandbox sees", function () {
  this.timeout(120_000);
  let sandboxed: Sandboxed;
  let probe = "";
  before(async () => {
    sandboxed = await Sandboxed.prepare();
    probe = await sandboxed.build("view");
  });
  after(() => sandboxed.close());

  for (const purpose of ["run", "build"] as const) {
    it(`of /proc, /sys and /dev in a ${purpose} sandbox is what docs/security.md says, each with a reason`, async () => {
      const rows = await documented();
      const lines = await sandboxed.look(probe, purpose);
      const listed = lines.filter((line) => /^\/(proc|dev|sys)/.test(line));
      const column = purpose === "run" ? 0 : 1;
      const absolute = rows.filter(({ cells }) => cells.length === 3);
      const seen = absolute.filter(({ cells }) => cells[column] === "yes").flatMap(({ paths }) => paths);
      const ofProcesses = new Set(rows.filter(({ cells }) => cells.length === 1).flatMap(({ paths }) => paths));
      const own = listed.filter((path) => path.startsWith("/proc/self/"));
      assert.deepEqual(listed.filter((path) => !own.includes(path)).sort(), [...seen, "/sys missing"].sort());
      // Kernels differ in which of them there are.
      assert.deepEqual(
        own.map((path) => path.slice("/proc/self/".length)).filter((name) => !ofProcesses.has(name)),
        [],
      );
      assert.ok(own.length > 20);
      for (const { cells } of rows) assert.ok((cells.at(-1) ?? "").length > 20);
      assert.deepEqual(writable(lines), ["/tmp"]);
    });
  }

  for (const under of ["exact", "byRlimits"] as const) {
    it(`in a run sandbox is in memory, all of it (${under})`, async () => {
      const kinds = (await sandboxed.look(probe, "run", under)).flatMap((line) => {
        const [word, path = "", kind = ""] = line.split(" ");
        return word === "mount" && !path.startsWith("/dev/") ? [kind] : [];
      });
      assert.deepEqual([...new Set(kinds)].sort(), ["proc", "tmpfs"]);
    });
  }

  it("of /proc is covered where the kernel does not show processes alone", async () => {
    const covered = await sandboxed.coveringProc(() => sandboxed.look(probe, "run"));
    assert.ok(covered.includes("mount /proc/sys tmpfs ro"), covered.join("\n"));
    assert.deepEqual(
      writable(covered).filter((path) => !path.startsWith("/proc/")),
      ["/tmp"],
    );
    const names = covered.filter((line) => /^\/proc\/[^/]+$/.test(line)).filter((path) => !/self$/.test(path));
    // Links to files of the process.
    const links = ["/proc/mounts", "/proc/net"];
    const mounted = new Set(covered.filter((line) => line.startsWith("mount /proc/")).map((line) => line.split(" ")[1]));
    assert.deepEqual(
      names.filter((path) => !mounted.has(path) && !links.includes(path)),
      [],
    );
  });
});
