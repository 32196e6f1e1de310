/** Programs that write so that the time of their run is not counted. */
import type { Attack } from "../attack.js";
import { goCode } from "./go-code.js";

const limits = { runTimeoutMs: 2_000 };

/** Writes a byte at a time until a second after its time is up, and stays below the limit of output. */
const drip = (...streams: string[]) =>
  goCode(
    "os time",
    `	start := time.Now()
	for time.Since(start) < 3*time.Second {
		for _, stream := range []*os.File{${streams.map((stream) => `os.${stream}`).join(", ")}} {
			stream.Write([]byte("."))
		}
		for pause := time.Now(); time.Since(pause) < 8*time.Microsecond; {
		}
	}
	os.Stderr.WriteString("survived")`,
  );

export const stretching: Attack[] = [
  {
    name: "a byte at a time, written without a pause",
    line: "a run time that output stretches",
    request: { files: drip("Stdout"), limits },
    ends: ["run_timeout"],
    hides: /survived/,
    succeededAt: "95848d4",
    control: { without: "limit", says: /survived/ },
  },
  {
    name: "a byte at a time, to both streams in turn",
    line: "a run time that output stretches",
    request: { files: drip("Stdout", "Stderr"), limits },
    ends: ["run_timeout"],
    hides: /survived/,
    control: { without: "limit", says: /survived/ },
  },
];
