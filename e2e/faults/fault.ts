/** What is broken on the stage, and how it is mended, as data. */
import { setTimeout as pause } from "node:timers/promises";
import type { TestServer, Way } from "@gorunner/testing";
import { hogPostgres, hogRedis } from "./hog.js";
import { cutOffStaleMs } from "./ledger.js";
import type { Seat, Stage } from "./stage.js";

type Backend = "PostgreSQL" | "Redis";

export interface Fault {
  name: string;
  backend: Backend;
  /** Whether calls may be UNAVAILABLE while it lasts. A sick Redis is never an error to a client. */
  mayRefuse: boolean;
  /**
   * How long after its delete was acknowledged a snippet may still be read: 0 unless whoever deletes it may be unable to
   * tell Redis, or whoever reads it to hear of that.
   */
  staleMs: number;
  /** Breaks it. @returns what mends it, after which both servers must serve again by themselves. */
  begin(stage: Stage): Promise<() => Promise<void>>;
}

/** Slow is slow, not too slow: below every time limit, with the four ways there and back that a new connection needs. */
const slowMs = 25;
/** A query's answer is one piece; with the greeting of a new connection counted in, requests are hit, and not always the same kind. */
const tearingEvery = 5;
/** How long a restarted server is away at least. */
const awayMs = 300;

const serverOf = (stage: Stage, backend: Backend): TestServer => (backend === "PostgreSQL" ? stage.postgres : stage.redis);

const wayOf = ({ ways }: Seat, backend: Backend) => (backend === "PostgreSQL" ? ways.postgres : ways.redis);

type Kind = Pick<Fault, "begin"> & { name: string; isHarmless?: boolean };

/** The server itself. */
const ofServer = (backend: Backend): Kind[] => [
  {
    name: "stopped",
    async begin(stage) {
      const server = serverOf(stage, backend);
      await server.stop();
      return () => server.start();
    },
  },
  {
    name: "paused (SIGSTOP)",
    async begin(stage) {
      const server = serverOf(stage, backend);
      server.pause();
      return async () => server.resume();
    },
  },
  {
    name: "killed (SIGKILL)",
    async begin(stage) {
      const server = serverOf(stage, backend);
      await server.kill();
      return () => server.start();
    },
  },
  {
    name: "restarted",
    async begin(stage) {
      const server = serverOf(stage, backend);
      await server.stop();
      await pause(awayMs);
      await server.start();
      return async () => {};
    },
  },
  { name: "out of connections", begin: backend === "PostgreSQL" ? hogPostgres : hogRedis },
];

const become = async (seats: readonly Seat[], backend: Backend, way: Way) => {
  for (const seat of seats) wayOf(seat, backend).become(way);
  return async () => {
    for (const seat of seats) wayOf(seat, backend).become({ kind: "open" });
  };
};

/** The way to it, of both servers. */
const ofWay = (backend: Backend): Kind[] => [
  { name: "slow", isHarmless: true, begin: ({ seats }) => become(seats, backend, { kind: "slow", delayMs: slowMs }) },
  {
    name: "slower than its time limit",
    begin: ({ seats, storeTimeoutMs }) => become(seats, backend, { kind: "slow", delayMs: storeTimeoutMs * 1.5 }),
  },
  { name: "cut in mid-answer", begin: ({ seats }) => become(seats, backend, { kind: "tearing", every: tearingEvery }) },
];

const named = (backend: Backend, { name, isHarmless, begin }: Kind): Fault => ({
  name: `${backend} ${name}`,
  backend,
  mayRefuse: backend === "PostgreSQL" && isHarmless !== true,
  staleMs: backend === "Redis" && isHarmless !== true ? cutOffStaleMs : 0,
  begin,
});

/** One server alone, the other being well. */
const ofOneServer: Fault[] = (["closed", "silent"] as const).flatMap((kind) =>
  (["PostgreSQL", "Redis"] as const).map((backend) => ({
    ...named(backend, { name: "", begin: ({ seats: [cutOff] }) => become([cutOff], backend, { kind }) }),
    name: `one server cut off from ${backend} (${kind === "closed" ? "connections break" : "nothing passes"})`,
  })),
);

export const faults: readonly Fault[] = [
  ...(["PostgreSQL", "Redis"] as const).flatMap((backend) => [...ofServer(backend), ...ofWay(backend)].map((kind) => named(backend, kind))),
  ...ofOneServer,
];
