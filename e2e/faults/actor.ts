/** One client of one server that enters what it does, and what comes of it, in the ledger. */
import { CallError, type Client } from "../support/clients.js";
import type { Entry, Ledger } from "./ledger.js";
import { markedCode } from "./marked-code.js";

export class Actor {
  readonly name: string;
  readonly #client: Client;
  readonly #ledger: Ledger;

  constructor(options: { name: string; client: Client; ledger: Ledger }) {
    this.name = options.name;
    this.#client = options.client;
    this.#ledger = options.ledger;
  }

  /** @returns whether it was answered, and not refused. */
  async share(): Promise<boolean> {
    return (await this.#share()) !== undefined;
  }

  /** @returns `behind` for a deleted snippet that may still be read for a while. */
  async read(entry: Entry): Promise<"refused" | "as told" | "behind"> {
    const began = { at: performance.now(), deletion: entry.deletion, by: this.name };
    const answer = await this.#call(`read of ${entry.id}`, "reads", () => this.#client.getCode(entry.id));
    return answer === refused ? "refused" : this.#ledger.read(entry, answer === absent ? undefined : answer.code, began);
  }

  async delete(entry: Entry): Promise<boolean> {
    this.#ledger.beginDelete(entry);
    const answer = await this.#call(`delete of ${entry.id}`, "deletes", () => this.#client.deleteCode(entry.id, 1n));
    if (answer !== refused) this.#ledger.acknowledgedDelete(entry, { by: this.name, found: answer !== absent });
    return answer !== refused;
  }

  /** Shares, reads and deletes something of its own. @returns whether each was answered. */
  async servesOnce(): Promise<boolean> {
    const marker = await this.#share();
    const entry = marker === undefined ? undefined : this.#ledger.shares.get(marker);
    return entry !== undefined && (await this.read(entry)) !== "refused" && (await this.delete(entry));
  }

  /** @returns the marker of what is shared now; undefined when it was refused. */
  async #share(): Promise<string | undefined> {
    const { marker, code } = markedCode();
    this.#ledger.shares.set(marker, undefined);
    const answer = await this.#call("share", "shares", () => this.#client.shareCode(code));
    if (answer === refused) return undefined;
    if (answer === absent) this.#ledger.violate(`${this.name} answered a share with NOT_FOUND`);
    else this.#ledger.acknowledgedShare(marker, answer, code);
    return marker;
  }

  async #call<Answer>(
    what: string,
    kind: keyof Ledger["counts"],
    call: () => Promise<Answer>,
  ): Promise<Answer | typeof refused | typeof absent> {
    const { isBroken, mayRefuse } = this.#ledger;
    const start = performance.now();
    try {
      return await call();
    } catch (error) {
      const code = error instanceof CallError ? error.code : "no answer";
      if (code === "NOT_FOUND") return absent;
      if (code !== "UNAVAILABLE" || !(mayRefuse || this.#ledger.mayRefuse))
        this.#ledger.violate(`${this.name}: ${what}: ${code}: ${String(error)}`);
      this.#ledger.counts[kind].refused += 1;
      return refused;
    } finally {
      const elapsedMs = performance.now() - start;
      this.#ledger.longestMs[kind] = Math.max(this.#ledger.longestMs[kind], elapsedMs);
      if (isBroken && kind === "reads") this.#ledger.brokenReadMs.push(elapsedMs);
    }
  }
}

const refused = Symbol("refused");
const absent = Symbol("absent");
