import type { SnippetId } from "@gorunner/core";
import { tombstoneTtlMs } from "@gorunner/core";
import type { Redis } from "ioredis";

/**
 * What Runner keeps in Redis, 5 or newer, and the steps that must not be taken apart: each script is one.
 *
 * Under `gorunner:snippet:<id>` is a snippet (JSON), `absent`, or `buried`, the tombstone. `gorunner:deletions` is the
 * place in the store's log of deletions up to which this Redis has been rid of what was deleted: where Redis comes back
 * with older data, it comes back with an older place. `gorunner:listeners` is a set of the servers that listen to
 * burials, each with the time until which others must count with it.
 */
const keyOf = (id: SnippetId) => `gorunner:snippet:${id}`;
const placeKey = "gorunner:deletions";
const listenersKey = "gorunner:listeners";

/**
 * The longest that anything is kept that readers answer, whatever its caller asks for, in this version and any other: it may
 * never grow, as {@link RedisPurge} leaves out what was deleted longer ago. What is kept for longer nobody of us has put there,
 * and nobody answers it.
 */
export const longestTtlMs = 60 * 60 * 1000;

const timeFunction = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

const fillScript = `${timeFunction}
local time = now()
if time > tonumber(ARGV[3]) or redis.call('GETRANGE', KEYS[1], 0, 5) == 'buried' then return time end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return time`;

const fillAbsentScript = `${timeFunction}
local time = now()
if time <= tonumber(ARGV[3]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') end
return time`;

/** What is kept, and for how much longer; a snippet's JSON, `absent`, `buried`, or what others left there. */
export async function read(redis: Redis, id: SnippetId): Promise<{ value: string | null; leftMs: number }> {
  const answers = await redis.pipeline().get(keyOf(id)).pttl(keyOf(id)).exec();
  const [value, leftMs] = (answers ?? []).map(([failure, answer]) => {
    if (failure !== null) throw failure;
    return answer;
  });
  return { value: typeof value === "string" ? value : null, leftMs: typeof leftMs === "number" ? leftMs : 0 };
}

/** A time to live, and the time by Redis' clock after which it is too late to fill: the tombstone may have gone. Milliseconds. */
export interface FillTimes {
  ttlMs: number;
  untilMs: number;
}

/** @returns the time at Redis, as all that fills do. */
export const fill = (redis: Redis, id: SnippetId, json: string, { ttlMs, untilMs }: FillTimes): Promise<number> =>
  redis.eval(fillScript, 1, keyOf(id), json, ttlMs, untilMs).then(Number);

export const fillAbsent = (redis: Redis, id: SnippetId, { ttlMs, untilMs }: FillTimes): Promise<number> =>
  redis.eval(fillAbsentScript, 1, keyOf(id), "absent", ttlMs, untilMs).then(Number);

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

const buryScript = `${buryFunction}${timeFunction}
bury(KEYS[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now())
local listeners = redis.call('ZRANGE', KEYS[2], 0, -1)
table.insert(listeners, 1, redis.call('PUBLISH', ARGV[2], ARGV[3]))
return listeners`;

/** Makes others count with `listener` for `leaseMs`, and tells `message` to its channel. */
export const countMeIn = (redis: Redis, listener: string, leaseMs: number, told: { channel: string; message: string }): Promise<unknown> =>
  redis.eval(beatScript, 1, listenersKey, listener, leaseMs, told.channel, told.message);

const beatScript = `${timeFunction}
redis.call('ZADD', KEYS[1], now() + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 10)
return redis.call('PUBLISH', ARGV[3], ARGV[4])`;

/** Others need not count with `listener` any more. */
export const countMeOut = (redis: Redis, listener: string): Promise<unknown> => redis.zrem(listenersKey, listener);

export const readPlace = (redis: Redis): Promise<string | null> => redis.get(placeKey);
export const writePlace = (redis: Redis, place: string): Promise<unknown> => redis.set(placeKey, place);
