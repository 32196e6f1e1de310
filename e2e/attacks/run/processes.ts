/** Programs that make more threads and processes than they may. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

const survived = /survived/;

const threads = goCode(
  "runtime sync",
  `	var ready sync.WaitGroup
	stay := make(chan bool)
	for range 200 {
		ready.Add(1)
		go func() {
			runtime.LockOSThread()
			ready.Done()
			<-stay
		}()
	}
	ready.Wait()
	println("survived")`,
);

export const processes: Attack[] = [
  {
    name: "200 threads",
    line: "fork bomb, thread bomb",
    request: { files: threads, limits: { processes: 64 } },
    ends: ["process_limit"],
    // Go's runtime says that it got no thread, which may have had other causes.
    endsUnderRlimits: ["process_limit", "exit_error"],
    hides: survived,
    control: { without: "limit", limits: { processes: 1000 }, says: survived },
    representative: "everywhere",
  },
  {
    name: "six copies of itself",
    line: "fork bomb, thread bomb",
    request: {
      files: goCode(
        "os time",
        `	if len(os.Args) > 1 {
		time.Sleep(300 * time.Millisecond)
		return
	}
	for range 6 {
		if _, err := os.StartProcess("/app/prog", []string{"/app/prog", "copy"}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}}); err != nil {
			println("refused:", err.Error())
			return
		}
	}
	println("survived")`,
      ),
    },
    ends: ["ok"],
    says: /refused: .*operation not permitted/,
    hides: survived,
    control: { without: "system call filter", says: survived },
  },
  {
    name: "a daemon that keeps stdout",
    line: "daemon that holds stdout open",
    request: {
      files: goCode(
        "os time",
        `	if len(os.Args) > 1 {
		println("daemon")
		time.Sleep(time.Hour)
	}
	println("parent")
	os.StartProcess("/app/prog", []string{"/app/prog", "daemon"}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}})
	time.Sleep(100 * time.Millisecond)`,
      ),
    },
    ends: ["ok"],
    says: /^parent\n$/m,
    hides: /daemon/,
    control: { without: "system call filter", says: /^daemon$/m },
    representative: "once",
  },
];
