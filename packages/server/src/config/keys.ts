/** The keys of the configuration, read off the schema, so that nothing which goes by key can forget one. */
import { z } from "zod";
import type { ConfigSchema } from "./schema.js";

export interface Key {
  /** `["grpc", "port"]` */
  path: readonly string[];
  /** `grpc.port` */
  name: string;
  /** The environment variable that overrides it: `RUNNER_GRPC_PORT`. */
  variable: string;
  /** Whether it holds keys and not a value. */
  isGroup: boolean;
}

/** All keys, a group before what is in it. */
export function keysOf(schema: ConfigSchema): Key[] {
  return keysIn(schema, []);
}

function keysIn(schema: z.ZodObject, parent: readonly string[]): Key[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const path = [...parent, name];
    const inner = field instanceof z.ZodPrefault ? field.unwrap() : field;
    const isGroup = inner instanceof z.ZodObject;
    const key = { path, name: path.join("."), variable: `RUNNER_${path.join("_").toUpperCase()}`, isGroup };
    return isGroup ? [key, ...keysIn(inner, path)] : [key];
  });
}
