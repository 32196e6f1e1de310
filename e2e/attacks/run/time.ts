/** Programs that take more time than they may. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

const survived = /survived/;

const spin = (milliseconds: number) =>
  goCode("time", `\tfor start := time.Now(); time.Since(start) < ${milliseconds}*time.Millisecond; {\n\t}\n\tprintln("survived")`);

export const time: Attack[] = [
  {
    name: "a loop that does nothing",
    line: "busy loop",
    request: { files: spin(1500), limits: { runTimeoutMs: 300 } },
    ends: ["run_timeout"],
    control: { without: "limit", says: survived },
    representative: "everywhere",
  },
  {
    name: "four loops that use all processors",
    line: "busy loop",
    request: {
      files: goCode(
        "sync time",
        `	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for start := time.Now(); time.Since(start) < 1500*time.Millisecond; {
			}
		}()
	}
	all.Wait()
	println("survived")`,
      ),
      limits: { cpuMs: 300 },
    },
    ends: ["cpu_limit"],
    control: { without: "limit", limits: { cpuMs: 20_000 }, says: survived },
  },
  {
    name: "a sleep",
    line: "sleep, select{}",
    request: { files: goCode("time", '\ttime.Sleep(1500 * time.Millisecond)\n\tprintln("survived")'), limits: { runTimeoutMs: 300 } },
    ends: ["run_timeout"],
    control: { without: "limit", says: survived },
  },
  {
    name: "select{} beside a ticker",
    line: "sleep, select{}",
    request: {
      files: goCode(
        "os time",
        `	time.NewTicker(time.Hour)
	go func() {
		time.Sleep(1500 * time.Millisecond)
		println("survived")
		os.Exit(0)
	}()
	select {}`,
      ),
      limits: { runTimeoutMs: 300 },
    },
    ends: ["run_timeout"],
    control: { without: "limit", says: survived },
  },
];
