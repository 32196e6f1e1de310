import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { debianPostgresDirectories, findBinary } from "../binaries.js";
import { makeImage, prefixOf, type Recipe } from "./debian-image.js";
import type { Docker } from "./docker.js";
import { imageFor } from "./images.js";

const usual = "postgres:17-alpine";

/** A PostgreSQL server in a container. */
export async function postgresContainer(docker: Docker): Promise<{ url: string; image: string }> {
  const recipe = postgresRecipe();
  const made = recipe === undefined ? undefined : { name: recipe.name, make: (where: Docker) => makeImage(recipe, where) };
  const image = await imageFor({ usual, made }, docker);
  const { PostgreSqlContainer } = await import("@testcontainers/postgresql");
  // A killed container loses nothing that it committed; its files go with it anyway.
  const settings = ["fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=200"];
  const container = await new PostgreSqlContainer(image)
    .withLabels(docker.labels)
    .withUsername("runner")
    .withPassword("p@ss/word")
    .withDatabase("runner")
    .withCommand(["postgres", ...settings.flatMap((setting) => ["-c", setting])])
    .start();
  const url = new URL("postgres://host/runner");
  url.username = container.getUsername();
  url.password = container.getPassword();
  url.host = `${container.getHost()}:${container.getPort()}`;
  return { url: url.href, image };
}

/** Of Debian's package; undefined where it is not installed. */
function postgresRecipe(): Recipe | undefined {
  const postgres = findBinary("postgres", debianPostgresDirectories());
  if (postgres === undefined) return undefined;
  const prefix = prefixOf(postgres);
  const share = `/usr/share/postgresql/${basename(prefix)}`;
  if (!existsSync(share)) return undefined;
  const version = /\d+(\.\d+)*/.exec(execFileSync(postgres, ["--version"], { encoding: "utf8" }))?.[0] ?? "0";
  return {
    name: `gorunner-test-postgres:${version}-3`,
    programs: ["postgres", "initdb", "pg_isready", "psql", "pg_ctl"],
    directories: debianPostgresDirectories(),
    trees: [prefix, share, "/usr/share/zoneinfo"],
    user: "postgres",
    home: "/var/lib/postgresql",
    entrypoint: entrypoint(prefix),
    command: ["postgres"],
    port: 5432,
  };
}

/** With the usual image's variables. */
const entrypoint = (prefix: string) => `#!/bin/sh
set -eu
PATH=${prefix}/bin:$PATH
export PGDATA=\${PGDATA:-/var/lib/postgresql/data}
user=\${POSTGRES_USER:-postgres}
database=\${POSTGRES_DB:-$user}
if [ "\${1:-}" = postgres ]; then shift; fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf '%s' "\${POSTGRES_PASSWORD:?}" >/tmp/password
  initdb -D "$PGDATA" -U "$user" -A scram-sha-256 --pwfile /tmp/password -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  : >/tmp/password
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  if [ "$database" != postgres ]; then
    echo "create database \\"$database\\"" | postgres --single -D "$PGDATA" postgres >/dev/null
  fi
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
`;
