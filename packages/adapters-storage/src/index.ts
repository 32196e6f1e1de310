/** Where snippets are kept: stores in memory, SQLite and PostgreSQL, and caches in process and in Redis. */
export { parseStoreUri } from "./location/parse-store-uri.js";
export type { PostgresLocation, SslMode, StoreLocation } from "./location/store-location.js";
export { LruSnippetCache, type LruSnippetCacheOptions } from "./lru/lru-snippet-cache.js";
export { MemorySnippetRepo } from "./memory/memory-snippet-repo.js";
export { type OpenStoreOptions, openStore } from "./open-store.js";
export { PostgresDatabase, type PostgresDatabaseOptions } from "./postgres/postgres-database.js";
export { PostgresSnippetRepo } from "./postgres/postgres-snippet-repo.js";
export { checkRedis } from "./redis/check-redis.js";
export { parseRedisAddress, type RedisAddress } from "./redis/redis-address.js";
export { RedisSnippetCache, type RedisSnippetCacheOptions } from "./redis/redis-snippet-cache.js";
export { DeletionLog } from "./snippet-cache/deletion-log.js";
export { DeletionWatch } from "./snippet-cache/deletion-watch.js";
export { type OpenSnippetCacheOptions, openSnippetCache } from "./snippet-cache/open-snippet-cache.js";
export { SqliteDatabase } from "./sqlite/sqlite-database.js";
export { SqliteSnippetRepo } from "./sqlite/sqlite-snippet-repo.js";
export type { MigrationStatus, Migrations, SnippetStore } from "./store.js";
export { StoreTimeLimit } from "./store-time-limit.js";
