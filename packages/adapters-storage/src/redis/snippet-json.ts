import type { Snippet, SnippetId } from "@gorunner/core";

/** A snippet as it lies in Redis. The id is the key's. */
export function snippetToJson({ id, createdAt, expiresAt, ...rest }: Snippet): string {
  return JSON.stringify({ ...rest, createdAt: createdAt.getTime(), expiresAt: expiresAt?.getTime() });
}

/** @returns undefined for anything that {@link snippetToJson} did not write: other versions may use the same Redis. */
export function snippetFromJson(id: SnippetId, json: string): Snippet | undefined {
  const { key, code, output, error, toolchain, createdAt, expiresAt, sizeBytes } = parse(json);
  if (typeof key !== "string" || typeof code !== "string" || typeof output !== "string" || typeof error !== "string") return undefined;
  if (typeof createdAt !== "number" || typeof sizeBytes !== "number") return undefined;
  return {
    id,
    key,
    code,
    output,
    error,
    createdAt: new Date(createdAt),
    sizeBytes,
    ...(typeof toolchain === "string" ? { toolchain } : {}),
    ...(typeof expiresAt === "number" ? { expiresAt: new Date(expiresAt) } : {}),
  };
}

function parse(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
