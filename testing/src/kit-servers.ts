/**
 * The servers that the contract kits run against: those that the environment names, else containers, else, where Docker
 * can't be had, the local ones of the other tests. A line says which, once each.
 */
import { docker, NoDocker } from "./containers/docker.js";
import { postgresContainer } from "./containers/postgres-container.js";
import { redisContainer } from "./containers/redis-container.js";
import { testPostgres } from "./postgres.js";
import { testRedis } from "./redis.js";

interface Server {
  url: string;
}

let postgres: Promise<Server> | undefined;
let redis: Promise<Server> | undefined;

/** The PostgreSQL server of the kits, started once. */
export function kitPostgres(): Promise<Server> {
  postgres ??= kitServer({ name: "PostgreSQL", variable: "TEST_DATABASE_URL", container: postgresContainer, local: testPostgres });
  return postgres;
}

/** The Redis server of the kits, started once. */
export function kitRedis(): Promise<Server> {
  redis ??= kitServer({ name: "Redis", variable: "TEST_REDIS_URL", container: redisContainer, local: testRedis });
  return redis;
}

async function kitServer(kind: {
  name: string;
  variable: string;
  container: (where: Awaited<ReturnType<typeof docker>>) => Promise<Server & { image: string }>;
  local: () => Promise<Server>;
}): Promise<Server> {
  const { name, variable, container, local } = kind;
  if (process.env[variable]) {
    console.log(`  (${name}: the server that ${variable} names)`);
    return local();
  }
  if (process.env["GORUNNER_TEST_SERVERS"] === "local") {
    console.log(`  (${name}: a local server, as GORUNNER_TEST_SERVERS asks)`);
    return local();
  }
  try {
    const where = await docker();
    const { url, image } = await container(where);
    console.log(`  (${name}: a container of ${image}, by ${where.origin})`);
    return { url };
  } catch (failure) {
    if (!(failure instanceof NoDocker)) throw failure;
    console.log(`  (${name}: a local server; ${failure.message})`);
    return local();
  }
}
