/** Threads, signals, processes, and what a process may ask of itself. */
import type { Architecture } from "./architecture.js";
import { type AnyOf, allowed, because, type Constants, onlyWith, type Permission, type Policy, type Within } from "./policy.js";

/**
 * Stands for the program's pid until the launcher puts that in (supervisor/ownpid.go): no process has this number. Nothing
 * less will do, since `kill` takes the number of any thread for its process, and that of each thread of pid 1 is in /proc.
 */
export const ownPid = 0x7fff_fff0;
const itselfAlone: Constants = { "the program's own": ownPid };

/** Pid 1 is the supervisor. 0 and negative numbers are groups of processes, and -1 is all of them. */
const others: Within = { argument: 0, name: "pid", bits: 32, from: 2, to: 0x7fff_ffff };
const allOthers = { argument: 0, name: "pid", bits: 32, oneOf: { "-1": 0xffff_ffff } } as const;

const cloneWith = (flags: Constants): AnyOf => ({ anyOf: [[{ argument: 0, name: "flags", bits: 64, oneOf: flags }]] });

const threads = ({ threadFlags }: Architecture) => ({ "those of a thread of Go's": threadFlags });

/** How package syscall starts a process. */
const processes = { "CLONE_VFORK and CLONE_VM, with SIGCHLD": 0x4111 };

/** Without FUTEX_PRIVATE_FLAG, two runs that map the same file could wake each other. */
const privateFutexes = { FUTEX_WAIT_PRIVATE: 128, FUTEX_WAKE_PRIVATE: 129 };

const naming = { PR_SET_VMA: 0x5356_4d41 };

const prctl = (options: Constants): Permission => onlyWith(0, "option", options);

const signals: Policy = {
  ...allowed("signals: package os/signal, preemption of goroutines, profiles", "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack"),
  ...because("preemption of goroutines", { tgkill: onlyWith(0, "tgid", itselfAlone) }),
  ...because("os.Process.Signal, to the program itself; the number of any thread of pid 1 would signal the supervisor", {
    kill: onlyWith(0, "pid", itselfAlone),
  }),
  ...because("a descriptor of pid 1, which a directory of /proc is too, would be a way to signal it; package os then uses pids", {
    pidfd_open: "missing",
    pidfd_send_signal: "missing",
  }),
};

const itself: Policy = {
  ...allowed("packages os and syscall", "getpid getppid getuid geteuid getgid getegid getgroups getrusage"),
  ...allowed("Go's runtime, and os.Hostname", "uname"),
  ...allowed("Go's runtime, package crypto/rand", "getrandom"),
  ...because("names for Go's memory in /proc/self/maps", { prctl: prctl(naming) }),
  ...because("package os, which asks for the limit of open files; only to read, and of the program itself", {
    prlimit64: {
      anyOf: [
        [
          { argument: 0, name: "pid", bits: 32, oneOf: { "0": 0 } },
          { argument: 2, name: "new_limit", bits: 64, oneOf: { NULL: 0 } },
        ],
      ],
    },
  }),
};

/** Threads, but no new process. */
export const processCalls = (architecture: Architecture): Policy => ({
  ...allowed("Go's scheduler", "sched_yield sched_getaffinity gettid"),
  ...because("Go's scheduler; private futexes alone, since others are a channel between runs that map one file", {
    futex: onlyWith(1, "op", privateFutexes),
  }),
  ...because("Go's scheduler: threads", { clone: cloneWith(threads(architecture)) }),
  ...because("its flags are in memory, where a filter can't look; callers then use clone", { clone3: "missing" }),
  ...because("where a thread's own data are", { arch_prctl: onlyWith(0, "op", { ARCH_SET_FS: 0x1002, ARCH_GET_FS: 0x1003 }) }),
  ...allowed("ending", "exit exit_group"),
  ...allowed("the kernel itself makes it, when a stopped program goes on", "restart_syscall"),
  ...allowed("the launcher becomes the program", "execve"),
  ...signals,
  ...itself,
});

/** For those that start and limit others: the supervisor, and the builder with the tools that it drives. */
export const starterCalls = (architecture: Architecture): Policy => ({
  ...because("the supervisor starts the launcher, the builder its tools", { clone: cloneWith({ ...threads(architecture), ...processes }) }),
  ...allowed("reaping", "wait4 waitid"),
  ...allowed("a process group of its own for the program", "setpgid"),
  ...allowed("the supervisor limits itself and the job", "prlimit64"),
  ...because("preemption of goroutines, of the supervisor's too", { tgkill: { anyOf: [[{ ...others, from: 1 }]] } }),
  ...because("the supervisor ends all of a job's processes", { kill: { anyOf: [[others], [allOthers]] } }),
  ...because("the supervisor hides itself; the launcher sets the program's filter, which can only be stricter", {
    prctl: prctl({ ...naming, PR_SET_DUMPABLE: 4, PR_SET_NO_NEW_PRIVS: 38, PR_SET_SECCOMP: 22 }),
  }),
});

/** For Go's tools. */
export const toolProcessCalls: Policy = allowed("the go command gives its telemetry child a session of its own", "setsid");
