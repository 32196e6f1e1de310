/** Every filter, for both architectures, on a simulator of the kernel's; what the kernel itself does is in real-kernel.spec.ts. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunnerError } from "@gorunner/core";
import fc from "fast-check";
import { type Architecture, architectureOf, architectures } from "../../src/sandbox/seccomp/architecture.js";
import { encode } from "../../src/sandbox/seccomp/bpf.js";
import { compilePolicy } from "../../src/sandbox/seccomp/compile-policy.js";
import { writeFilters } from "../../src/sandbox/seccomp/filters.js";
import { aroundRunPolicy, buildPolicy, fetchPolicy, runPolicy, runPolicyByRlimits } from "../../src/sandbox/seccomp/policies.js";
import type { ArgumentTest, Policy } from "../../src/sandbox/seccomp/policy.js";
import { wordsOf } from "../../src/sandbox/seccomp/syscall-table.js";
import { findToolchain } from "../../src/toolchain/find-toolchain.js";
import { asker, none } from "./asker.js";
import { answerOf, answers } from "./reference.js";
import { Filter, type SystemCall } from "./simulator.js";

const policies = { runPolicy, runPolicyByRlimits, aroundRunPolicy, buildPolicy, fetchPolicy };
const i386 = 0x40000003;
const x32 = 0x40000000;

/** By number; absent: any that the policy's tests name, and neighbours of them, which are where mistakes are. */
function argumentsOf(policy: Policy, name: string): bigint[][] {
  const permission = policy[name]?.permission;
  const samples = new Set([0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, 0xffff_ffff_ffff_ffffn]);
  if (typeof permission === "object") {
    for (const value of permission.anyOf.flat().flatMap(valuesOf)) {
      for (const near of [value, value - 1n, value + 1n, value ^ 0x8000_0000n, value | 0x1_0000_0000n, value | 0xdead_beef_0000_0000n])
        samples.add(near);
    }
  }
  // Each argument by itself, with the others as the policy would have them.
  const allowed = typeof permission === "object" ? permission.anyOf : [[]];
  return allowed.flatMap((tests) => {
    const fitting = none.map((zero, index) => BigInt(fittingOf(tests.find(({ argument }) => argument === index)) ?? zero));
    return none.flatMap((_, index) => [...samples].map((sample) => fitting.map((value, at) => (at === index ? sample : value))));
  });
}

/** What a test compares with, flags that may be set included. */
const valuesOf = (test: ArgumentTest): bigint[] =>
  ("oneOf" in test ? Object.values({ ...test.oneOf, ...test.besides }) : [test.from, test.to]).map(BigInt);
const fittingOf = (test: ArgumentTest | undefined) => test && valuesOf(test)[0];

/** security.md, rule 3 and the attacks of its corpus: in no sandbox, with no arguments. */
const dangerous = wordsOf(`
  io_uring_setup io_uring_enter io_uring_register userfaultfd bpf perf_event_open keyctl add_key request_key
  ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp process_madvise
  mount umount2 move_mount fsopen fsconfig fsmount fspick open_tree open_tree_attr mount_setattr pivot_root chroot
  unshare setns personality kexec_load kexec_file_load init_module finit_module delete_module
  clock_settime clock_adjtime settimeofday adjtimex quotactl quotactl_fd swapon swapoff reboot acct syslog
  shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl
  mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr memfd_create memfd_secret execveat
  sched_setscheduler sched_setattr sched_setparam setpriority ioprio_set
  open_by_handle_at name_to_handle_at fanotify_init fanotify_mark inotify_add_watch mknod mknodat
  fork vfork modify_ldt iopl ioperm remap_file_pages vmsplice sync syncfs
`);

describe("The system call filters", () => {
  for (const [machine, architecture] of Object.entries(architectures)) {
    for (const [name, policyFor] of Object.entries(policies)) {
      describe(`${name} on ${machine}`, () => {
        const policy = policyFor(architecture);
        const filter = new Filter(encode(compilePolicy(policy, architecture)));
        const ask = (call: Partial<SystemCall> & { number: number }) =>
          filter.run({ architecture: architecture.audit, args: none, ...call });

        it("answers every system call that there is as the policy says, whatever its arguments", () => {
          for (const [syscall, number] of architecture.syscalls) {
            for (const args of argumentsOf(policy, syscall)) {
              const call = { architecture: architecture.audit, number, args };
              assert.equal(filter.run(call), answerOf(policy, architecture, call), `${syscall}(${args.join(", ")})`);
            }
          }
        });

        it("answers any number and arguments as the policy says", () => {
          const numbers = fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 0xffff_ffff }));
          const args = fc.array(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), { minLength: 6, maxLength: 6 });
          const audits = fc.oneof({ weight: 9, arbitrary: fc.constant(architecture.audit) }, fc.integer({ min: 0, max: 0xffff_ffff }));
          fc.assert(
            fc.property(audits, numbers, args, (audit, number, given) => {
              const call = { architecture: audit, number, args: given };
              assert.equal(filter.run(call), answerOf(policy, architecture, call));
            }),
            { numRuns: 2_000, seed: 4 },
          );
        });

        it("kills callers by another architecture's numbers, also where they are allowed here", () => {
          for (const other of [i386, ...otherMachines(architecture).map(({ audit }) => audit), 0]) {
            for (const number of architecture.syscalls.values()) assert.equal(ask({ architecture: other, number }), answers.kill);
          }
        });

        it("refuses what is dangerous, whatever its arguments", () => {
          for (const syscall of dangerous) {
            const number = architecture.syscalls.get(syscall);
            if (number === undefined) continue;
            for (const args of argumentsOf(policy, syscall)) assert.equal(ask({ number, args }), answers.EPERM, syscall);
          }
        });

        it("treats what is newer than our tables as a kernel that lacks it, and clone3 too", () => {
          const newest = Math.max(...architecture.syscalls.values());
          for (const number of [newest + 1, 999, 0x3fff_ffff]) assert.equal(ask({ number }), answers.ENOSYS);
          assert.equal(ask({ number: architecture.syscalls.get("clone3") ?? -1 }), answers.ENOSYS);
        });

        it("names only system calls that there are", () => {
          const known = new Set(Object.values(architectures).flatMap(({ syscalls }) => [...syscalls.keys()]));
          assert.deepEqual(
            [...Object.keys(policy), ...dangerous].filter((syscall) => !known.has(syscall)),
            [],
          );
        });

        it("is small", () => {
          assert.ok(filter.length < 450, `${filter.length} instructions`);
        });
      });
    }
  }

  it("kill callers by x32 numbers", () => {
    for (const policyFor of Object.values(policies)) {
      const filter = new Filter(encode(compilePolicy(policyFor(architectures.x64), architectures.x64)));
      for (const number of [...architectures.x64.syscalls.values()].map((known) => known + x32)) {
        assert.equal(filter.run({ architecture: architectures.x64.audit, number, args: none }), answers.kill);
      }
      assert.equal(filter.run({ architecture: architectures.x64.audit, number: 0xffff_ffff, args: none }), answers.kill);
    }
  });

  it("let a program make a thread, and nothing else that clone can make", () => {
    for (const architecture of Object.values(architectures)) {
      for (const policy of [runPolicy(architecture), runPolicyByRlimits(architecture)]) {
        const clone = asker(policy, architecture, "clone");
        assert.equal(clone(BigInt(architecture.threadFlags)), answers.allow);
        const newUser = 0x1000_0000n;
        const signal = 17n;
        for (const flags of [0n, signal, 0x4111n, 0x5111n, newUser | signal, BigInt(architecture.threadFlags) | newUser]) {
          assert.equal(clone(flags), answers.EPERM, String(flags));
        }
        assert.equal(clone(BigInt(architecture.threadFlags) | 0x1_0000_0000n), answers.EPERM);
      }
    }
  });

  it("give a build no socket, a fetch the net alone, and a program local ones besides", () => {
    const [UNIX, INET, NETLINK, PACKET, ALG, VSOCK] = [1n, 2n, 16n, 17n, 38n, 40n];
    const [STREAM, RAW, CLOEXEC] = [1n, 3n, 0x80000n];
    for (const architecture of Object.values(architectures)) {
      const socket = (policy: Policy) => {
        const call = asker(policy, architecture, "socket");
        return (domain: bigint, type = STREAM | CLOEXEC, protocol = 0n) => call(domain, type, protocol) === answers.allow;
      };
      const [build, fetch, run] = [buildPolicy, fetchPolicy, runPolicy].map((policy) => socket(policy(architecture)));
      assert.deepEqual([build?.(UNIX), build?.(INET)], [false, false]);
      assert.deepEqual([fetch?.(UNIX), fetch?.(INET)], [false, true]);
      assert.deepEqual([run?.(UNIX), run?.(INET)], [true, true]);
      for (const domain of [NETLINK, PACKET, ALG, VSOCK]) assert.deepEqual([fetch?.(domain), run?.(domain)], [false, false]);
      assert.deepEqual([run?.(INET, RAW), run?.(INET, STREAM, 132n)], [false, false], "raw sockets and SCTP");
    }
  });

  it("look at as much of a terminal's command as the kernel does", () => {
    const [TIOCSTI, TIOCLINUX, TCGETS] = [0x5412n, 0x541cn, 0x5401n];
    for (const architecture of Object.values(architectures)) {
      const ioctl = asker(runPolicy(architecture), architecture, "ioctl");
      for (const command of [TIOCSTI, TIOCLINUX]) {
        for (const high of [0n, 1n, 0xffff_ffffn]) assert.equal(ioctl(0n, command | (high << 32n)), answers.EPERM);
      }
      assert.equal(ioctl(0n, TCGETS), answers.allow);
    }
  });

  it("let a program read its limits, and not set them", () => {
    for (const architecture of Object.values(architectures)) {
      const prlimit = asker(runPolicy(architecture), architecture, "prlimit64");
      assert.equal(prlimit(0n, 7n, 0n, 0xc000_0000n), answers.allow);
      for (const pointer of [0xc0_0000_0000n, 0xc000_0000n]) assert.equal(prlimit(0n, 7n, pointer), answers.EPERM);
    }
  });

  it("can't be had for another architecture", async () => {
    const directory = await mkdtemp(join(tmpdir(), "filters-"));
    try {
      const unavailable = (error: unknown) => error instanceof RunnerError && error.code === "UNAVAILABLE" && /riscv64/.test(error.message);
      assert.throws(() => architectureOf("riscv64"), unavailable);
      await assert.rejects(writeFilters({ directory, exactMemory: true, architecture: "riscv64" }), unavailable);
      const { run } = await writeFilters({ directory, exactMemory: true, architecture: "arm64" });
      assert.deepEqual(await readFile(run.sandbox), encode(compilePolicy(aroundRunPolicy(architectures.arm64), architectures.arm64)));
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("The tables of system calls", () => {
  for (const [machine, { syscalls }, file] of [
    ["x64", architectures.x64, "amd64"],
    ["arm64", architectures.arm64, "arm64"],
  ] as const) {
    it(`have the numbers that Go's have, for ${machine}`, async () => {
      const { goroot } = await findToolchain();
      const source = await readFile(join(goroot, `src/cmd/vendor/golang.org/x/sys/unix/zsysnum_linux_${file}.go`), "utf8");
      const numbers = [...source.matchAll(/^\s+SYS_(\w+)\s+=\s+(\d+)$/gm)].map(([, name = "", number]) => [
        name.toLowerCase(),
        Number(number),
      ]);
      const shared = numbers.filter(([name]) => syscalls.has(String(name)));
      assert.ok(shared.length > 300, `${shared.length} of ${numbers.length}`);
      assert.deepEqual(
        shared,
        shared.map(([name]) => [name, syscalls.get(String(name))]),
      );
    });

    it(`give each number once, for ${machine}`, () => {
      assert.equal(new Set(syscalls.values()).size, syscalls.size);
    });
  }
});

const otherMachines = (architecture: Architecture) => Object.values(architectures).filter((other) => other !== architecture);
