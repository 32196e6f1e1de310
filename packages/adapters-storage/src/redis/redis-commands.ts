import { isUtf8 } from "node:buffer";
import type { Snippet, SnippetId } from "@gorunner/core";
import { tombstoneTtlMs } from "@gorunner/core";
import type { Redis } from "ioredis";
import { snippetFromJson } from "./snippet-json.js";

/**
 * What Runner keeps in Redis, 5 or newer, and the steps that must not be taken apart: each script is one.
 *
 * Under `gorunner:snippet:<id>` is a snippet (JSON), `absent`, or `buried`, the tombstone. `gorunner:deletions` is the
 * place in the store's log of deletions up to which this Redis has been rid of what was deleted: where Redis comes back
 * with older data, it comes back with an older place. `gorunner:listeners` is a set of the servers that listen to
 * burials, each with the time until which others must count with it. `gorunner:probe` is written to see whether Redis takes
 * writes, and is gone a second later.
 *
 * **Each of them may hold anything**, of any type and size, when others write to the same Redis. A value that is none of ours
 * is a miss, and makes way: a fill overwrites it, a reader discards it. It is never read beyond {@link longestValueBytes}.
 */
const keyOf = (id: SnippetId) => `gorunner:snippet:${id}`;
const placeKey = "gorunner:deletions";
const listenersKey = "gorunner:listeners";
const probeKey = "gorunner:probe";

/** Much more than any snippet's JSON as a rule; one that is longer is not kept in Redis. */
export const longestValueBytes = 4 * 1024 * 1024;

/**
 * The longest that anything is kept that readers answer, whatever its caller asks for, in this version and any other: it may
 * never grow, as {@link RedisPurge} leaves out what was deleted longer ago. What is kept for longer nobody of us has put there,
 * and nobody answers it.
 */
export const longestTtlMs = 60 * 60 * 1000;

/** Longer than any server's lease, in milliseconds. */
const longestLeaseMs = 5000;
const mostListeners = 1000;

const timeFunction = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/** `strict`: the answer of a command, or nil where its key has a value of another type. Any other failure ends the script. */
const strictFunction = `
local function strict(...)
  local answer = redis.pcall(...)
  if type(answer) ~= 'table' or not answer.err then return answer end
  if not string.find(answer.err, 'WRONGTYPE', 1, true) then error(answer.err) end
end
`;

const fillScript = `${timeFunction}${strictFunction}
local time = now()
if time > tonumber(ARGV[3]) or strict('GETRANGE', KEYS[1], 0, 7) == 'buried' then return time end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return time`;

const fillAbsentScript = `${timeFunction}
local time = now()
if time <= tonumber(ARGV[3]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') end
return time`;

/** A tombstone stays, unless it has no end: then it is none of ours. */
const discardScript = `${strictFunction}
if strict('GETRANGE', KEYS[1], 0, 7) ~= 'buried' or redis.call('PTTL', KEYS[1]) < 0 then redis.call('DEL', KEYS[1]) end`;

/** What Redis has for a snippet. */
export type Kept =
  /** A snippet, or that there is none, and for how much longer. */
  | { found: Snippet | "absent"; leftMs: number }
  | "nothing"
  /** What none of us has put there. */
  | "unreadable";

export async function read(redis: Redis, id: SnippetId): Promise<Kept> {
  const answers = (await redis.pipeline().getrangeBuffer(keyOf(id), 0, longestValueBytes).pttl(keyOf(id)).exec()) ?? [];
  const [[failure, value] = [], [, leftMs] = []] = answers;
  if (failure instanceof Error) {
    if (isWrongType(failure)) return "unreadable";
    throw failure;
  }
  if (!Buffer.isBuffer(value) || typeof leftMs !== "number" || leftMs === noSuchKey) return "nothing";
  // A negative time is none: for ever.
  if (leftMs < 0 || leftMs > longestTtlMs || value.length > longestValueBytes || !isUtf8(value)) return "unreadable";
  const text = value.toString("utf8");
  if (text === "buried") return "nothing";
  // One that has longer to live was kept before Redis' clock was set back: nobody knows any more how long ago that was.
  if (text === "absent" && leftMs > longestAbsentMs) return "unreadable";
  const found = text === "absent" ? text : snippetFromJson(id, text);
  return found === undefined ? "unreadable" : { found, leftMs };
}

/** Makes a value that is none of ours go, so that it is not read again. */
export const discard = (redis: Redis, id: SnippetId): Promise<unknown> => redis.eval(discardScript, 1, keyOf(id));

/** The longest that it is remembered that there is no such snippet. */
const longestAbsentMs = 60_000;

/** What PTTL says where there is no such key. */
const noSuchKey = -2;

const isWrongType = (failure: Error) => failure.message.startsWith("WRONGTYPE");

/** A time to live, and the time by Redis' clock after which it is too late to fill: the tombstone may have gone. Milliseconds. */
export interface FillTimes {
  ttlMs: number;
  untilMs: number;
}

/** @returns the time at Redis, as all that fills do. */
export const fill = (redis: Redis, id: SnippetId, json: string, { ttlMs, untilMs }: FillTimes): Promise<number> =>
  redis.eval(fillScript, 1, keyOf(id), json, ttlMs, untilMs).then(Number);

export const fillAbsent = (redis: Redis, id: SnippetId, { ttlMs, untilMs }: FillTimes): Promise<number> =>
  redis.eval(fillAbsentScript, 1, keyOf(id), "absent", Math.min(ttlMs, longestAbsentMs), untilMs).then(Number);

/** The time at Redis, in milliseconds since 1970. */
export const time = (redis: Redis): Promise<number> => redis.eval(`${timeFunction} return now()`, 0).then(Number);

/** Buries many, silently. */
export const buryAll = (redis: Redis, ids: SnippetId[]): Promise<unknown> =>
  redis.eval(`${buryFunction} for _, key in ipairs(KEYS) do bury(key) end`, ids.length, ...ids.map(keyOf), tombstoneTtlMs);

/** Buries `id` and tells `message` to the channel. @returns the listeners to count with, and how many heard it. */
export async function buryAndTell(redis: Redis, id: SnippetId, told: { channel: string; message: string }) {
  const answer = await redis.eval(buryScript, 2, keyOf(id), listenersKey, tombstoneTtlMs, told.channel, told.message);
  const [hearing, ...listeners] = Array.isArray(answer) ? answer : [];
  return { hearing: Number(hearing), listeners: listeners.map(String) };
}

/** A Redis without memory refuses to set anything, tombstones and fills alike; then removing the snippet does. */
const buryFunction = `
local function bury(key)
  local answer = redis.pcall('SET', key, 'buried', 'PX', ARGV[1])
  if type(answer) == 'table' and answer.err then redis.call('DEL', key) end
end
`;

/**
 * Servers enter themselves for a second or so. A set that is none of ours (of another type, too large, or with a time that is
 * too far ahead, as after the clock was set back) is emptied, and `unknown` stands in it for those who are no longer in it, for as
 * long as a lease may last: it never answers, so burials wait.
 */
const resetFunction = `
local function reset(key, time)
  redis.call('DEL', key)
  redis.pcall('ZADD', key, time + ${longestLeaseMs}, 'unknown')
end
`;

const buryScript = `${buryFunction}${timeFunction}${strictFunction}${resetFunction}
bury(KEYS[1])
local time = now()
local isOurs = strict('ZREMRANGEBYSCORE', KEYS[2], '-inf', time)
local entries = isOurs and redis.call('ZRANGE', KEYS[2], 0, ${mostListeners}, 'WITHSCORES') or {}
local listeners = {}
for index = 1, #entries, 2 do
  table.insert(listeners, entries[index])
  isOurs = isOurs and #listeners <= ${mostListeners} and tonumber(entries[index + 1]) <= time + ${longestLeaseMs}
end
if not isOurs then
  reset(KEYS[2], time)
  listeners = { 'unknown' }
end
table.insert(listeners, 1, redis.call('PUBLISH', ARGV[2], ARGV[3]))
return listeners`;

/** Makes others count with `listener` for `leaseMs`, and tells `message` to its channel. */
export const countMeIn = (redis: Redis, listener: string, leaseMs: number, told: { channel: string; message: string }): Promise<unknown> =>
  redis.eval(beatScript, 1, listenersKey, listener, leaseMs, told.channel, told.message);

const beatScript = `${timeFunction}${strictFunction}${resetFunction}
local time = now()
if not strict('ZADD', KEYS[1], time + ARGV[2], ARGV[1]) then
  reset(KEYS[1], time)
  redis.call('ZADD', KEYS[1], time + ARGV[2], ARGV[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 10)
return redis.call('PUBLISH', ARGV[3], ARGV[4])`;

/** Others need not count with `listener` any more. */
export const countMeOut = (redis: Redis, listener: string): Promise<unknown> => redis.zrem(listenersKey, listener);

/** The longest place that a store may give. */
const longestPlaceBytes = 256;

/** @returns undefined where there is none that a store can have given. */
export async function readPlace(redis: Redis): Promise<string | undefined> {
  try {
    const place = await redis.getrangeBuffer(placeKey, 0, longestPlaceBytes);
    return place.length > 0 && place.length <= longestPlaceBytes && isUtf8(place) ? place.toString("utf8") : undefined;
  } catch (failure) {
    if (failure instanceof Error && isWrongType(failure)) return undefined;
    throw failure;
  }
}

export const writePlace = (redis: Redis, place: string): Promise<unknown> => redis.set(placeKey, place);

/** @throws what Redis says where it takes no writes. */
export const probeWrite = (redis: Redis): Promise<unknown> => redis.set(probeKey, "1", "PX", 1000);
