import type { SnippetStore } from "../store.js";
import { MemorySnippetRepo } from "./memory-snippet-repo.js";

export function openMemoryStore(): SnippetStore {
  return {
    repo: new MemorySnippetRepo(),
    migrations: { up: async () => [], down: async () => undefined, checkVersion: async () => {}, status: async () => [] },
    check: async () => {},
    describe: () => "memory (snippets are lost when the process ends)",
    close: async () => {},
  };
}
