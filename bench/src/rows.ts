/** The rows, in the order in which they are measured: what wants a quiet server first, what fills it last. */
import type { Row } from "./bench.js";
import { imports, source } from "./curves/against-go-run.js";
import { output } from "./curves/output.js";
import { queue } from "./curves/queue.js";
import { stored } from "./curves/stored.js";
import { fresh } from "./rows/fresh.js";
import { get } from "./rows/get.js";
import { growth } from "./rows/growth.js";
import { idle } from "./rows/idle.js";
import { cached, cold, http } from "./rows/latency.js";
import { neighbourhood } from "./rows/neighbour.js";
import { overload } from "./rows/overload.js";
import { saves } from "./rows/saves.js";
import { throughput } from "./rows/throughput.js";

export const rows = {
  idle,
  cold,
  cached,
  http,
  throughput,
  get,
  saves,
  overload,
  neighbour: neighbourhood,
  growth,
  fresh,
  source,
  imports,
  output,
  queue,
  stored,
} satisfies Record<string, Row>;

export type RowId = keyof typeof rows;

export const rowIds = Object.keys(rows) as RowId[];
