/** What the builder tells of a fetch (builder/fetch.go). It comes out of a sandbox: every field may be anything. */
import { internal } from "@gorunner/core";

export interface FetchProblem {
  /** A line of the program, and what it names there; both are the program's own. */
  place?: string;
  subject?: string;
  /** The go command's words, which may hold those of a proxy. */
  text: string;
}

export interface FetchReport {
  mod: Uint8Array;
  sum: Uint8Array;
  std: string[];
  bytes: number;
  entries: number;
  exceeded?: "bytes" | "entries";
  problems: FetchProblem[];
}

/** @throws RunnerError INTERNAL for anything but a report. */
export function readFetchReport(text: string): FetchReport {
  try {
    const {
      mod = "",
      sum = "",
      std = [],
      bytes,
      entries,
      exceeded,
      problems = [],
    } = JSON.parse(text) as Record<keyof FetchReport, unknown>;
    if (!isListOf(std, isText) || !isListOf(problems, isProblem)) throw new Error("lists that are none");
    if (!isText(mod) || !isText(sum) || !isCount(bytes) || !isCount(entries)) throw new Error("a report without its facts");
    const isLimit = exceeded === "bytes" || exceeded === "entries";
    if (exceeded !== undefined && !isLimit) throw new Error("a limit that is none");
    const files = { mod: Buffer.from(mod, "base64"), sum: Buffer.from(sum, "base64") };
    return { ...files, std, bytes, entries, problems, ...(isLimit ? { exceeded } : {}) };
  } catch (error) {
    throw internal("the builder did not say what it has fetched", error);
  }
}

const isText = (value: unknown): value is string => typeof value === "string";

const isCount = (value: unknown): value is number => typeof value === "number" && value >= 0;

const isListOf = <Item>(value: unknown, isItem: (item: unknown) => item is Item): value is Item[] =>
  Array.isArray(value) && value.every(isItem);

function isProblem(value: unknown): value is FetchProblem {
  if (typeof value !== "object" || value === null) return false;
  const { place, subject, text } = value as Record<keyof FetchProblem, unknown>;
  return isText(text) && (place === undefined || isText(place)) && (subject === undefined || isText(subject));
}
