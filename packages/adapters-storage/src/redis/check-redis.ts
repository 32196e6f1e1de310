import { silentLogger } from "@gorunner/core";
import type { RedisAddress } from "./redis-address.js";
import { RedisConnection } from "./redis-connection.js";

/** @throws RunnerError UNAVAILABLE, with the reason, unless the Redis at `address` answers in a few seconds. */
export async function checkRedis(address: RedisAddress): Promise<void> {
  const connection = new RedisConnection({ address, logger: silentLogger, timeoutMs: 1000, onReady() {}, onLost() {} });
  try {
    await connection.check();
  } finally {
    connection.close();
  }
}
