import { MemorySnippetRepo } from "@gorunner/adapters-storage";
import type { Snippet, SnippetId, SnippetRepo } from "@gorunner/core";

/** A store whose reads can be counted, slowed down, and held back after they have found what there is. */
export class GatedRepo extends MemorySnippetRepo {
  reads = 0;
  delaysMs: () => number = () => 0;
  /** Whether the log of deletions answers. */
  isLogGone = false;
  #gate: { reach: () => void; opened: Promise<void> } | undefined;

  override async findById(id: SnippetId): Promise<Snippet | undefined> {
    this.reads++;
    const gate = this.#gate;
    const found = await super.findById(id);
    if (gate !== undefined) {
      gate.reach();
      await gate.opened;
    }
    const delayMs = this.delaysMs();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    return found;
  }

  override async deletionsSince(...asked: Parameters<SnippetRepo["deletionsSince"]>) {
    if (this.isLogGone) throw new Error("the log can't be read");
    return super.deletionsSince(...asked);
  }

  /** From now on reads are held back, until `open`. `reached` when the first is. */
  hold(): { reached: Promise<void>; open: () => void } {
    const reached = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<void>();
    const gate = { reach: reached.resolve, opened: opened.promise };
    this.#gate = gate;
    const open = () => {
      if (this.#gate === gate) this.#gate = undefined;
      opened.resolve();
    };
    return { reached: reached.promise, open };
  }
}
