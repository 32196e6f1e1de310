import type { NewSnippet, Snippet, SnippetId, SnippetRepo } from "@gorunner/core";

/** Snippets in this process, gone with it. For trying things out and for tests. */
export class MemorySnippetRepo implements SnippetRepo {
  readonly #snippets = new Map<SnippetId, Snippet>();
  #lastId = 0n;

  async save(snippet: NewSnippet): Promise<Snippet> {
    this.#lastId += 1n;
    const { code, output, error } = snippet;
    const stored: Snippet = { id: this.#lastId, code, output, error, createdAt: new Date() };
    this.#snippets.set(stored.id, stored);
    return copyOf(stored);
  }

  async findById(id: SnippetId): Promise<Snippet | undefined> {
    const stored = this.#snippets.get(id);
    return stored === undefined ? undefined : copyOf(stored);
  }

  async delete(id: SnippetId): Promise<boolean> {
    return this.#snippets.delete(id);
  }
}

/** What a caller does to its snippet must not reach ours. */
const copyOf = (snippet: Snippet): Snippet => ({ ...snippet, createdAt: new Date(snippet.createdAt) });
