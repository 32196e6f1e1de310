/**
 * The signals that ask a server to stop. npm hands on a signal that the terminal has sent to the whole group already,
 * so a second one within 2 s counts as the first; a later one means that someone is out of patience.
 */
import type { EventEmitter } from "node:events";

export type StopSignal = "SIGINT" | "SIGTERM";

export interface StopSignals {
  /** Resolves at the first signal. */
  first: Promise<StopSignal>;
  /** Stops listening; the signals mean what they mean to any process again. */
  dispose(): void;
}

const sameSignalMs = 2000;

/** Where signals come from, and what time it is. */
export interface SignalSource {
  source: Pick<EventEmitter, "on" | "off">;
  now(): number;
}

const thisProcess: SignalSource = { source: process, now: () => performance.now() };

export function onStopSignals(onImpatience: (signal: StopSignal) => void, { source, now } = thisProcess): StopSignals {
  let firstAt: number | undefined;
  let resolveFirst: (signal: StopSignal) => void;
  const first = new Promise<StopSignal>((resolve) => {
    resolveFirst = resolve;
  });
  const onSignal = (signal: StopSignal) => {
    if (firstAt === undefined) {
      firstAt = now();
      resolveFirst(signal);
    } else if (now() - firstAt > sameSignalMs) {
      onImpatience(signal);
    }
  };
  source.on("SIGINT", onSignal);
  source.on("SIGTERM", onSignal);
  return {
    first,
    dispose() {
      source.off("SIGINT", onSignal);
      source.off("SIGTERM", onSignal);
    },
  };
}
