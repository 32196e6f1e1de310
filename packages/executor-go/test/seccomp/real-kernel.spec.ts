/** The filters in force: real programs that try, each seen to get somewhere without the filter. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { aRequest } from "@gorunner/core/contract";
import type { GoExecutor } from "../../src/index.js";
import { architectureOf } from "../../src/sandbox/seccomp/architecture.js";
import { answersIn, Sandboxed } from "../sandboxed.js";
import { closeSharedExecutor, sharedExecutor } from "../shared-executor.js";

type Argument = number | bigint | "memory";
type Attempt = [name: string, ...args: Argument[]];

const { EPERM, ENOSYS } = { EPERM: 1, ENOSYS: 38 };
const minusOne = 0xffff_ffff_ffff_ffffn;

/** Refused by the filter, and by nothing else: without it they succeed, or fail for what is wrong with their arguments. */
const attempts: Attempt[] = [
  ["io_uring_enter", minusOne],
  ["userfaultfd", 1],
  ["perf_event_open", 0, 0, minusOne, minusOne],
  ["keyctl", 0, -3n & minusOne],
  ["add_key"],
  ["request_key"],
  ["ptrace", 1, 0],
  ["process_vm_readv", 1],
  ["process_vm_writev", 1],
  ["pidfd_getfd", minusOne],
  ["kcmp", 0, 0],
  ["mount"],
  ["umount2", 0, 0xffff],
  ["chroot"],
  ["open_tree", minusOne, 0, 0xffff_ffff],
  ["unshare", 0x400],
  ["unshare", 0x1000_0000],
  ["setns", minusOne],
  ["clone", 17],
  ["clone", 0x1000_0000 + 17],
  ["socket", 16, 3],
  ["socket", 40, 1],
  ["socket", 38, 5],
  ["socket", 2, 1, 132],
  ["socketpair", 2, 1],
  ["ioctl", 0, 0x5412],
  ["ioctl", 0, 0xdead_beef_0000_5412n],
  ["ioctl", 0, 0x541c],
  ["flock", 0, 1],
  ["fcntl", 0, 6, "memory"],
  ["shmget", 0, 4096, 0o600],
  ["semget", 0, 1, 0o600],
  ["msgget", 0, 0o600],
  ["mq_open", "memory"],
  ["memfd_create", "memory"],
  ["execveat", minusOne],
  ["inotify_init1"],
  ["name_to_handle_at", minusOne],
  ["mknodat", minusOne, "memory", 0o10600],
  ["personality", 0xffff_ffff],
  ["clock_settime"],
  ["sched_setscheduler", 0, 0, "memory"],
  ["prlimit64", 0, 12, "memory"],
  ["seccomp", 2, 0, "memory"],
];

/** What the kernel would refuse as well for want of privileges, at least on some hosts. */
const alsoPrivileged: Attempt[] = [
  ["bpf"],
  ["io_uring_setup", 1, "memory"],
  ["socket", 17, 3],
  ["pivot_root"],
  ["move_mount"],
  ["fsopen"],
  ["kexec_load"],
  ["init_module"],
  ["finit_module"],
  ["quotactl"],
  ["open_by_handle_at", minusOne],
  ["fanotify_init"],
];

const { syscalls } = architectureOf(process.arch);
const lineOf = ([name, ...args]: Attempt) => [syscalls.get(name) ?? 0xffff, ...args, 0, 0, 0, 0, 0, 0].slice(0, 7).join(" ");
const inputOf = (all: Attempt[]) => ({ stdin: Buffer.from(all.map((attempt) => `${lineOf(attempt)}\n`).join("")) });

describe("A sandbox's system call filter", function () {
  this.timeout(120_000);
  let sandboxed: Sandboxed;
  let executor: GoExecutor;
  before(async () => {
    [sandboxed, executor] = await Promise.all([Sandboxed.prepare(), sharedExecutor()]);
  });
  after(async () => {
    await sandboxed.close();
    await closeSharedExecutor();
  });

  it("refuses what a snippet has no use for, and nothing else would refuse it", async () => {
    const binary = await sandboxed.build("attempts");
    const tried = async (under: typeof sandboxed.exact) =>
      answersIn(await sandboxed.run(binary, under, inputOf(attempts)), attempts.length);
    const [filtered, byRlimits] = [await tried(sandboxed.exact), await tried(sandboxed.byRlimits)];
    const open = await tried(sandboxed.open);
    for (const [index, [name, ...args]] of attempts.entries()) {
      const told = `${name}(${args.join(", ")})`;
      assert.deepEqual([filtered[index], byRlimits[index]], [EPERM, EPERM], told);
      assert.notEqual(open[index], EPERM, `${told} without a filter`);
    }
  });

  it("refuses also what takes privileges", async () => {
    const result = await sandboxed.run(await sandboxed.build("attempts"), sandboxed.exact, inputOf(alsoPrivileged));
    assert.deepEqual(
      answersIn(result, alsoPrivileged.length),
      alsoPrivileged.map(() => EPERM),
    );
  });

  it("has no clone3, nor what is newer than it", async () => {
    const calls: Attempt[] = [["clone3"], ["newer"]];
    const result = await sandboxed.run(await sandboxed.build("attempts"), sandboxed.exact, inputOf(calls));
    assert.deepEqual(answersIn(result, 2), [ENOSYS, ENOSYS]);
  });

  it("holds for each thread of a program, and allows no weaker one", async () => {
    const program = `package main
import ("fmt"; "os"; "runtime"; "strings"; "sync")
func main() {
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			runtime.LockOSThread()
			status, _ := os.ReadFile("/proc/thread-self/status")
			for line := range strings.Lines(string(status)) {
				if strings.HasPrefix(line, "Seccomp") || strings.HasPrefix(line, "NoNewPrivs") { fmt.Println(strings.Join(strings.Fields(line), " ")) }
			}
		}()
	}
	all.Wait()
}
`;
    const { outcome, stdout, stderr } = await executor.execute(aRequest(program));
    const lines = Buffer.from(stdout).toString().trim().split("\n");
    assert.equal(outcome, "ok", Buffer.from(stderr).toString());
    assert.deepEqual([...new Set(lines)].sort(), ["NoNewPrivs: 1", "Seccomp: 2", "Seccomp_filters: 2"]);
    assert.equal(lines.length, 12);
  });

  // Of what the filter is not there to refuse, the supervisor counts what is a process's own.
  for (const [how, otherwise] of [
    ["shared", "taken\n"],
    ["zero device", "taken\n"],
    ["stack", "memory_limit"],
    ["moved stack", "memory_limit"],
  ] as const) {
    it(`refuses memory that rlimits don't count (${how}) where only they limit it`, async () => {
      const binary = await sandboxed.build("memory");
      const taking = async (under: typeof sandboxed.exact) => {
        const { text, outcome } = await sandboxed.run(binary, under, { args: [how] });
        return outcome === "memory_limit" ? outcome : text;
      };
      assert.equal(await taking(sandboxed.openByRlimits), otherwise);
      assert.equal(await taking(sandboxed.byRlimits), "operation not permitted\n");
    });
  }

  it("leaves it to the rlimits to refuse what they count", async () => {
    const { text } = await sandboxed.run(await sandboxed.build("memory"), sandboxed.byRlimits, { args: ["private"] });
    assert.equal(text, "cannot allocate memory\n");
  });

  if (process.arch === "x64") {
    it("kills a program that calls the kernel by int 0x80", async () => {
      const binary = await sandboxed.build("int80");
      const open = await sandboxed.run(binary, sandboxed.open);
      // A kernel without 32-bit emulation answers by SIGSEGV itself.
      assert.match(open.text, /^before\n(true\n|.*SIGSEGV)/);
      const { outcome, signal, text } = await sandboxed.run(binary, sandboxed.exact);
      assert.deepEqual([outcome, signal, text], ["killed", "SIGSYS", "before\n"]);
    });

    it("kills a program that calls the kernel by x32 numbers", async () => {
      const binary = await sandboxed.build("attempts");
      const getpid = { stdin: Buffer.from(`${0x4000_0000 + 39} 0\n`) };
      const open = await sandboxed.run(binary, sandboxed.open, getpid);
      assert.ok([0, ENOSYS].includes(answersIn(open, 1)[0] ?? -1), open.text);
      const { outcome, signal, text } = await sandboxed.run(binary, sandboxed.exact, getpid);
      assert.deepEqual([outcome, signal, text], ["killed", "SIGSYS", ""]);
    });
  }

  it("lets ordinary programs do what they do", async () => {
    const code = await readFile(new URL("../probes/ordinary.go", import.meta.url), "utf8");
    const { outcome, stdout, stderr } = await executor.execute(aRequest(code));
    const said = Buffer.concat([stdout, stderr]).toString("utf8");
    assert.equal(outcome, "ok", said);
    assert.deepEqual(
      said.split("\n").filter((line) => !line.endsWith(": <nil>")),
      [""],
    );
    assert.equal(said.trim().split("\n").length, 10);
  });

  it("lets those that fetch speak TCP, to the bridge in their own network, but not UDP", async () => {
    const { sandbox } = sandboxed.exact.filters.fetch;
    const fetching = { filters: { ...sandboxed.open.filters, run: { sandbox } }, cgroups: true };
    const args = ["TLS over loopback", "UDP"];
    const { text } = await sandboxed.run(await sandboxed.build("ordinary"), fetching, { args });
    assert.match(text, /^TLS over loopback: <nil>\nUDP: listen udp \S+: socket: operation not permitted\n$/);
  });
});
