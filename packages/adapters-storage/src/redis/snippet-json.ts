import type { Snippet, SnippetId } from "@gorunner/core";

/** A snippet as it lies in Redis. The id is the key's. */
export function snippetToJson({ code, output, error, createdAt }: Snippet): string {
  return JSON.stringify({ code, output, error, createdAt: createdAt.getTime() });
}

/** @returns undefined for anything that {@link snippetToJson} did not write: other versions may use the same Redis. */
export function snippetFromJson(id: SnippetId, json: string): Snippet | undefined {
  const { code, output, error, createdAt } = parse(json);
  if (typeof code !== "string" || typeof output !== "string" || typeof error !== "string" || typeof createdAt !== "number")
    return undefined;
  return { id, code, output, error, createdAt: new Date(createdAt) };
}

function parse(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
