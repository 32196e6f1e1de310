/** How long the event loop was held, by whatever work: all callers share it, and each of them waits for so long. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Histogram, type Registry } from "prom-client";

/** Seconds. No work on one caller's text should hold it for more than 0.02. */
const buckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10];
const resolutionMs = 10;
const windowMs = 1000;

/**
 * Observes the longest delay of each second. Each one counts, however rare: an average would hide a caller's one text that
 * holds up all the others. Neither the measuring nor the timer keeps the process alive.
 */
export function observeEventLoop(registry: Registry): void {
  const help = "The longest time in each second for which the event loop was held, and no call was served.";
  const delays = new Histogram({ name: "runner_event_loop_delay_seconds", help, buckets, registers: [registry] });
  const monitor = monitorEventLoopDelay({ resolution: resolutionMs });
  monitor.enable();
  let due = performance.now() + windowMs;
  const observe = () => {
    // The monitor tells how long after its last look it came to the next one, and does not know of the first look's delay
    // after a reset. A long one makes this timer late too.
    const lateMs = performance.now() - due;
    delays.observe(Math.max(0, monitor.max / 1e6 - resolutionMs, lateMs) / 1000);
    monitor.reset();
    due = performance.now() + windowMs;
    setTimeout(observe, windowMs).unref();
  };
  setTimeout(observe, windowMs).unref();
}
