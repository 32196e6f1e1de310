import { execFileSync } from "node:child_process";
import { findBinary } from "../binaries.js";
import { makeImage, type Recipe } from "./debian-image.js";
import type { Docker } from "./docker.js";
import { imageFor } from "./images.js";

const usual = "redis:7-alpine";

/** A Redis server in a container. */
export async function redisContainer(docker: Docker): Promise<{ url: string; image: string }> {
  const recipe = redisRecipe();
  const made = recipe === undefined ? undefined : { name: recipe.name, make: (where: Docker) => makeImage(recipe, where) };
  const image = await imageFor({ usual, made }, docker);
  const { RedisContainer } = await import("@testcontainers/redis");
  const container = await new RedisContainer(image).withLabels(docker.labels).start();
  return { url: `redis://${container.getHost()}:${container.getPort()}`, image };
}

/** Of Debian's package; undefined where it is not installed. */
function redisRecipe(): Recipe | undefined {
  const redis = findBinary("redis-server");
  if (redis === undefined || process.platform !== "linux") return undefined;
  const version = /v=(\S+)/.exec(execFileSync(redis, ["--version"], { encoding: "utf8" }))?.[1] ?? "0";
  return {
    name: `gorunner-test-redis:${version}-2`,
    programs: ["redis-server"],
    trees: [],
    user: "redis",
    home: "/data",
    entrypoint: `#!/bin/sh
if [ "\${1:-}" = redis-server ]; then shift; fi
exec ${redis} --dir /data --save '' --protected-mode no "$@"
`,
    command: ["redis-server"],
    port: 6379,
  };
}
