/** What lies in the store, read past the servers. */
import pg from "pg";
import { markerIn } from "./marked-code.js";
import type { Stage } from "./stage.js";

/** @returns the ids of the snippets by the marker in their code. */
export async function storedIds({ postgres }: Stage): Promise<Map<string, bigint[]>> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; code: string }>("select id::text as id, code from shared_codes");
    const ids = new Map<string, bigint[]>();
    for (const { id, code } of rows) ids.set(markerIn(code), [...(ids.get(markerIn(code)) ?? []), BigInt(id)]);
    return ids;
  } finally {
    await client.end();
  }
}
