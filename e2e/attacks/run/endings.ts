/** Programs that end in every way there is, or try not to end at all: how they ended is told exactly. */
import { constants } from "node:os";
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

/** Ended by the signal as the kernel does it, without Go's own handling of some of them. */
const diesOf = (number: number) =>
  goCode(
    "syscall time unsafe",
    `	// A struct sigaction of the kernel: default action, no flags.
	var action [4]uintptr
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, ${number}, uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	syscall.Kill(syscall.Getpid(), ${number})
	time.Sleep(5 * time.Second)`,
  );

/** Those that end a process by default (signal(7)). */
const deadly = Object.entries(constants.signals).filter(
  ([name]) => !/^SIG(CHLD|CONT|URG|WINCH|STOP|TSTP|TTIN|TTOU|IOT|POLL|UNUSED)$/.test(name),
);

const exits = (code: number): Attack => ({
  name: `exit code ${code}`,
  line: "exit codes, every signal, deadlock",
  request: { files: goCode("os", `\tos.Exit(${code})`) },
  ends: [code === 0 ? "ok" : "exit_error"],
  exitCode: code,
});

const endures = (name: string, imports: string, body: string, more: Partial<Attack> = {}): Attack => ({
  name,
  line: "SIGSTOP to itself, ignored SIGTERM",
  request: { files: goCode(imports, `${body}\n\tprintln("survived")`), limits: { runTimeoutMs: 300 } },
  ends: ["run_timeout"],
  hides: /survived/,
  control: { without: "limit", says: /survived/ },
  ...more,
});

export const endings: Attack[] = [
  ...[0, 1, 2, 255].map(exits),
  ...deadly.map(
    ([name, number]): Attack => ({
      name: `${name} to itself`,
      line: "exit codes, every signal, deadlock",
      request: { files: diesOf(number) },
      ends: ["killed"],
      signal: name,
      ...(name === "SIGSEGV" ? { representative: "once" } : {}),
    }),
  ),
  {
    name: "all goroutines asleep",
    line: "exit codes, every signal, deadlock",
    request: { files: goCode("", "\t<-make(chan bool)") },
    ends: ["exit_error"],
    exitCode: 2,
    says: /fatal error: all goroutines are asleep - deadlock!/,
  },
  endures(
    "SIGSTOP to itself",
    "syscall unsafe",
    // The kernel's own timer goes on, and wakes it.
    `	event := [16]int32{2: int32(syscall.SIGCONT)}
	var timer int32
	syscall.RawSyscall(syscall.SYS_TIMER_CREATE, 1, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&timer)))
	wake := [4]int64{2: 1, 3: 500_000_000}
	syscall.RawSyscall6(syscall.SYS_TIMER_SETTIME, uintptr(timer), 0, uintptr(unsafe.Pointer(&wake)), 0, 0, 0)
	syscall.Kill(syscall.Getpid(), syscall.SIGSTOP)`,
    { representative: "everywhere" },
  ),
  endures(
    "every signal ignored",
    "os/signal syscall time",
    "\tfor number := range 65 {\n\t\tsignal.Ignore(syscall.Signal(number))\n\t}\n\ttime.Sleep(1500 * time.Millisecond)",
  ),
  {
    name: "SIGKILL to everybody",
    line: "kill(-1), kill parent",
    request: {
      files: goCode("syscall time", '\tsyscall.Kill(-1, syscall.SIGKILL)\n\ttime.Sleep(50 * time.Millisecond)\n\tprintln("here")'),
    },
    ends: ["ok"],
    says: /^here$/m,
    representative: "once",
  },
  {
    name: "every signal to the parent and to pid 1",
    line: "kill(-1), kill parent",
    request: {
      files: goCode(
        "syscall time",
        `	for number := 1; number < 65; number++ {
		syscall.Kill(syscall.Getppid(), syscall.Signal(number))
		syscall.Kill(1, syscall.Signal(number))
	}
	time.Sleep(50 * time.Millisecond)
	println("here")`,
      ),
    },
    ends: ["ok"],
    says: /^here$/m,
  },
];
