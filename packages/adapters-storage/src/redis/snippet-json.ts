import { isWellFormed, type Snippet, type SnippetId } from "@gorunner/core";

/** A snippet as it lies in Redis. The id is the key's. */
export function snippetToJson({ id, createdAt, expiresAt, ...rest }: Snippet): string {
  return JSON.stringify({ ...rest, createdAt: createdAt.getTime(), expiresAt: expiresAt?.getTime() });
}

/** @returns undefined for anything that {@link snippetToJson} did not write: others may use the same Redis. */
export function snippetFromJson(id: SnippetId, json: string): Snippet | undefined {
  const { key, code, output, error, toolchain, createdAt, expiresAt, sizeBytes } = parse(json);
  if (!isText(key) || !isText(code) || !isText(output) || !isText(error)) return undefined;
  if (!isTime(createdAt) || typeof sizeBytes !== "number" || !Number.isSafeInteger(sizeBytes)) return undefined;
  if (!(toolchain === undefined || isText(toolchain)) || !(expiresAt === undefined || isTime(expiresAt))) return undefined;
  return {
    id,
    key,
    code,
    output,
    error,
    createdAt: new Date(createdAt),
    sizeBytes,
    ...(toolchain === undefined ? {} : { toolchain }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
  };
}

const isText = (value: unknown): value is string => typeof value === "string" && isWellFormed(value);

/** The largest distance from 1970 that a Date takes. */
const farthestMs = 8.64e15;
const isTime = (value: unknown): value is number => typeof value === "number" && Math.abs(value) <= farthestMs;

function parse(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
