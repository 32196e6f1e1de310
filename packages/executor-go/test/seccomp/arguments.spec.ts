/** With which arguments programs may make the calls that they have, on a simulator of the kernel's filter. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { architectures } from "../../src/sandbox/seccomp/architecture.js";
import { jumpIfEqual } from "../../src/sandbox/seccomp/bpf.js";
import { compilePolicy } from "../../src/sandbox/seccomp/compile-policy.js";
import { aroundRunPolicy, buildPolicy, fetchPolicy, runPolicy, runPolicyByRlimits } from "../../src/sandbox/seccomp/policies.js";
import { ownPid } from "../../src/sandbox/seccomp/process-calls.js";
import { asker } from "./asker.js";
import { answers } from "./reference.js";

const programs = { runPolicy, runPolicyByRlimits };
const all = { ...programs, aroundRunPolicy, buildPolicy, fetchPolicy };
const { allow, EPERM, EINVAL, ENOSYS } = answers;
/** As the kernel gets a negative int. */
const int = (value: bigint) => BigInt.asUintN(64, value);

/** Each policy on each architecture. */
function each(policies: Partial<typeof all>, check: (ask: (name: string, ...args: bigint[]) => number, policy: string) => void): void {
  for (const architecture of Object.values(architectures)) {
    for (const [name, policyFor] of Object.entries(policies)) {
      const policy = policyFor(architecture);
      check((call, ...args) => asker(policy, architecture, call)(...args), name);
    }
  }
}

describe("A program's system calls", () => {
  it("signal the program itself, and neither pid 1, by whatever thread, nor groups of processes", () => {
    const own = BigInt(ownPid);
    each(programs, (ask) => {
      for (const call of ["kill", "tgkill"]) {
        for (const pid of [own, 0xffff_ffff_0000_0000n | own]) assert.equal(ask(call, pid, 15n), allow, `${call} ${pid}`);
        for (const pid of [0n, 1n, 2n, 3n, 15n, own - 1n, own + 1n, -1n, -2n, -own, -0x8000_0000n, 0x1_0000_0001n])
          assert.equal(ask(call, int(pid), 15n), EPERM, `${call} ${pid}`);
      }
      for (const call of ["tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"]) assert.equal(ask(call, 1n), EPERM, call);
      for (const call of ["pidfd_open", "pidfd_send_signal"]) assert.equal(ask(call, 1n), ENOSYS, call);
    });
  });

  it("have as many places for the program's pid as the launcher expects, each in a comparison", async () => {
    const launcher = await readFile(new URL("../../supervisor/ownpid.go", import.meta.url), "utf8");
    const [placeholder, places] = ["ownPidPlaceholder", "ownPidPlaces"].map((name) =>
      Number(new RegExp(`\\b${name} += (\\w+)`).exec(launcher)?.[1]?.replaceAll("_", "")),
    );
    assert.equal(placeholder, ownPid);
    for (const architecture of Object.values(architectures)) {
      for (const [name, policyFor] of Object.entries(all)) {
        const found = compilePolicy(policyFor(architecture), architecture).filter(({ k }) => k === ownPid);
        assert.equal(found.length, name in programs ? places : 0, name);
        assert.ok(found.every(({ code }) => code === jumpIfEqual(0, 0, 0).code));
      }
    }
  });

  it("leave it to the supervisor to signal all processes", () => {
    each({ aroundRunPolicy, buildPolicy }, (ask) => {
      assert.deepEqual([ask("kill", int(-1n), 9n), ask("kill", 1n, 9n), ask("kill", int(-2n), 9n)], [allow, EPERM, EPERM]);
    });
  });

  it("let the runtime of pid 1 preempt its own goroutines, where the program can't", () => {
    each({ aroundRunPolicy, buildPolicy }, (ask) => {
      assert.deepEqual([ask("tgkill", 1n), ask("tgkill", 0n), ask("tgkill", int(-1n))], [allow, EPERM, EPERM]);
    });
  });

  it("close descriptors, and make no second table of them", () => {
    each(all, (ask) => {
      const [UNSHARE, CLOEXEC] = [2n, 4n];
      for (const flags of [0n, CLOEXEC]) assert.equal(ask("close_range", 3n, 100n, flags), allow);
      for (const flags of [UNSHARE, UNSHARE | CLOEXEC, 1n, 8n]) assert.equal(ask("close_range", 3n, 100n, flags), EPERM);
    });
  });

  it("wait by private futexes alone", () => {
    each(all, (ask) => {
      const [WAIT, WAKE, REQUEUE, LOCK_PI, PRIVATE] = [0n, 1n, 3n, 6n, 128n];
      for (const op of [WAIT, WAKE]) assert.deepEqual([ask("futex", 0n, op | PRIVATE), ask("futex", 0n, op)], [allow, EPERM]);
      for (const op of [REQUEUE, LOCK_PI, REQUEUE | PRIVATE]) assert.equal(ask("futex", 0n, op), EPERM);
      for (const call of ["futex_waitv", "futex_wait", "futex_wake", "futex_requeue"]) assert.equal(ask(call), EPERM, call);
    });
  });

  it("move no pages between files, pipes and sockets, by an error after which Go copies", () => {
    each(all, (ask) => {
      assert.deepEqual([ask("sendfile"), ask("splice"), ask("tee"), ask("vmsplice")], [ENOSYS, EINVAL, EPERM, EPERM]);
      assert.equal(ask("fcntl", 0n, 1031n, 1n << 20n), EPERM, "F_SETPIPE_SZ");
    });
  });

  it("map no huge pages, no locked ones, and nothing that passes for a stack", () => {
    each(all, (ask, policy) => {
      const map = (flags: bigint) => ask("mmap", 0n, 4096n, 3n, flags, int(-1n));
      const [SHARED, PRIVATE, DROPPABLE, ANONYMOUS, GROWSDOWN, LOCKED, NORESERVE, HUGETLB] = [
        1n,
        2n,
        8n,
        0x20n,
        0x100n,
        0x2000n,
        0x4000n,
        0x40000n,
      ];
      const uncounted = policy === "runPolicyByRlimits" ? EPERM : allow;
      for (const flags of [PRIVATE | ANONYMOUS, PRIVATE | ANONYMOUS | NORESERVE]) assert.equal(map(flags), allow);
      for (const flags of [PRIVATE, PRIVATE | NORESERVE]) assert.equal(map(flags), uncounted, "of files, which a map keeps open");
      for (const size of [0n, 21n, 30n]) assert.equal(map(PRIVATE | ANONYMOUS | HUGETLB | (size << 26n)), EPERM);
      for (const flags of [GROWSDOWN, LOCKED, 21n << 26n, 1n << 32n]) assert.equal(map(PRIVATE | ANONYMOUS | flags), EPERM);
      for (const type of [0n, SHARED | PRIVATE, DROPPABLE]) assert.equal(map(type | ANONYMOUS), EPERM);
      for (const flags of [SHARED, SHARED | ANONYMOUS]) assert.equal(map(flags), uncounted);
      for (const call of ["mremap", "mlock", "mlock2", "mlockall", "mincore"]) assert.equal(ask(call), EPERM, call);
    });
  });

  it("advise the kernel as Go does", () => {
    each(all, (ask) => {
      for (const advice of [4n, 8n, 14n, 15n, 25n]) assert.equal(ask("madvise", 0n, 4096n, advice), allow);
      // MADV_REMOVE, MADV_COLD, MADV_PAGEOUT, MADV_HWPOISON, MADV_SOFT_OFFLINE.
      for (const advice of [9n, 20n, 21n, 100n, 101n]) assert.equal(ask("madvise", 0n, 4096n, advice), EPERM);
    });
  });

  it("set the options of sockets that package net sets, by level and option", () => {
    const [SOCKET, TCP, UDP, IP, IPV6] = [1n, 6n, 17n, 0n, 41n];
    each({ ...programs, fetchPolicy }, (ask, policy) => {
      const set = (level: bigint, option: bigint) => ask("setsockopt", 3n, level, option);
      for (const option of [2n, 6n, 9n, 13n]) assert.equal(set(SOCKET, option), allow);
      for (const option of [1n, 4n, 5n, 6n]) assert.equal(set(TCP, option), allow);
      assert.equal(set(IPV6, 26n), allow);
      // Filters (SO_ATTACH_FILTER, _BPF, _REUSEPORT_CBPF, _EBPF, SO_LOCK_FILTER), SO_ZEROCOPY, SO_RCVLOWAT, forced buffers.
      for (const option of [26n, 50n, 51n, 52n, 44n, 60n, 18n, 32n, 33n]) assert.equal(set(SOCKET, option), EPERM);
      // TCP_MD5SIG, TCP_REPAIR, TCP_FASTOPEN, TCP_ULP, TCP_FASTOPEN_KEY, TCP_ZEROCOPY_RECEIVE, TCP_AO_ADD_KEY, TCP_DEFER_ACCEPT.
      for (const option of [14n, 19n, 23n, 31n, 33n, 35n, 38n, 9n]) assert.equal(set(TCP, option), EPERM);
      // Memberships, source filters, options and flow labels; options of a level at another.
      for (const option of [4n, 35n, 39n, 41n, 64n]) assert.equal(set(IP, option), EPERM);
      for (const option of [20n, 32n, 54n, 59n, 2n]) assert.equal(set(IPV6, option), EPERM);
      assert.deepEqual([set(UDP, 1n), set(TCP, 26n), set(SOCKET, 1n)], [EPERM, EPERM, EPERM]);
      for (const buffer of [7n, 8n]) assert.equal(set(SOCKET, buffer), policy === "runPolicyByRlimits" ? EPERM : allow);
      assert.deepEqual([ask("getsockopt", 3n, SOCKET, 4n), ask("getsockopt", 3n, SOCKET, 26n)], [allow, EPERM]);
    });
  });

  it("send without records, urgent data, references, and bytes that wait for more", () => {
    const [OOB, DONTWAIT, EOR, NOSIGNAL, MORE, ZEROCOPY] = [1n, 0x40n, 0x80n, 0x4000n, 0x8000n, 0x400_0000n];
    each(programs, (ask, policy) => {
      const send = (flags: bigint) => [ask("sendto", 3n, 0n, 1n, flags), ask("sendmsg", 3n, 0n, flags)];
      const byMessage = policy === "runPolicyByRlimits" ? EPERM : allow;
      for (const flags of [0n, DONTWAIT, NOSIGNAL, DONTWAIT | NOSIGNAL]) assert.deepEqual(send(flags), [allow, byMessage]);
      for (const flags of [OOB, EOR, MORE, ZEROCOPY]) assert.deepEqual(send(flags | NOSIGNAL), [EPERM, EPERM]);
    });
  });

  it("watch a file by one descriptor and in few epolls where no control group counts the watches", () => {
    each(programs, (ask, policy) => {
      const counted = policy === "runPolicyByRlimits" ? EPERM : allow;
      const DUPFD_CLOEXEC = 1030n;
      assert.deepEqual([ask("dup"), ask("dup3"), ask("fcntl", 3n, DUPFD_CLOEXEC), ask("sendmsg")], [counted, counted, counted, counted]);
      assert.deepEqual([ask("epoll_ctl", 31n), ask("epoll_ctl", 32n), ask("epoll_ctl", int(-1n))], [allow, counted, counted]);
    });
  });

  it("make local sockets, of datagrams only where a control group counts them", () => {
    const [UNIX, STREAM, DGRAM, RAW, SEQPACKET, NONBLOCK] = [1n, 1n, 2n, 3n, 5n, 0x800n];
    each(programs, (ask, policy) => {
      const counted = policy === "runPolicyByRlimits" ? EPERM : allow;
      for (const call of ["socket", "socketpair"]) {
        assert.deepEqual([ask(call, UNIX, STREAM), ask(call, UNIX, STREAM | NONBLOCK), ask(call, UNIX, RAW)], [allow, allow, EPERM]);
        for (const type of [DGRAM, SEQPACKET])
          assert.deepEqual([ask(call, UNIX, type), ask(call, UNIX, type | NONBLOCK)], [counted, counted]);
      }
    });
  });
});
