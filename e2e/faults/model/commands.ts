/** The commands of which a run of the model is made. */
import fc from "fast-check";
import type { Fault } from "../fault.js";
import { type Call, make, readUntilGone, share } from "./calls.js";
import { type Model, type Outcome, takeIn } from "./model.js";
import { clientOf, mayRefuse, mend, type Reality } from "./reality.js";

/** The model, and which faults last as far as it knows: commands are chosen before anything happens. */
export interface Imagined {
  snippets: Model;
  broken: Map<Fault["backend"], Fault>;
}

type Command = fc.AsyncCommand<Imagined, Reality>;

/** Several calls at once, of any server over any transport. */
class Together implements Command {
  readonly #calls: readonly Call[];

  constructor(calls: readonly Call[]) {
    this.#calls = calls;
  }

  check(): boolean {
    return true;
  }

  async run({ snippets }: Imagined, reality: Reality): Promise<void> {
    const ids = [...snippets.keys()];
    const outcomes = await Promise.all(this.#calls.map((call) => this.#make(call, { ids, snippets, reality })));
    const refused = outcomes.find(({ answer }) => answer === "UNAVAILABLE");
    if (refused !== undefined && !mayRefuse(reality)) throw new Error(`a ${refused.call} was UNAVAILABLE with nothing that excuses it`);
    takeIn(snippets, outcomes);
  }

  async #make({ call, client: number, snippet }: Call, at: { ids: bigint[]; snippets: Model; reality: Reality }): Promise<Outcome> {
    const client = clientOf(at.reality, number);
    const id = at.ids[snippet % at.ids.length];
    if (call === "share" || id === undefined) {
      const shared = await share(client);
      at.reality.codes.push(shared.code);
      return shared;
    }
    const isGone = at.snippets.get(id)?.possible.has("stored") === false;
    return call === "get" && isGone ? readUntilGone(client, id, 10 * at.reality.staleMs) : make({ call, client }, id);
  }

  toString(): string {
    return `Together(${this.#calls.map(({ call, client, snippet }) => `${call} ${snippet} by ${client}`).join(", ")})`;
  }
}

class Break implements Command {
  readonly #fault: Fault;

  constructor(fault: Fault) {
    this.#fault = fault;
  }

  check({ broken }: Readonly<Imagined>): boolean {
    return !broken.has(this.#fault.backend);
  }

  async run({ broken }: Imagined, reality: Reality): Promise<void> {
    broken.set(this.#fault.backend, this.#fault);
    reality.staleMs = Math.max(reality.staleMs, this.#fault.staleMs);
    reality.mends.set(this.#fault.backend, { fault: this.#fault, mend: await this.#fault.begin(reality.stage) });
  }

  toString(): string {
    return `Break(${this.#fault.name})`;
  }
}

class Mend implements Command {
  readonly #backend: Fault["backend"];

  constructor(backend: Fault["backend"]) {
    this.#backend = backend;
  }

  check({ broken }: Readonly<Imagined>): boolean {
    return broken.has(this.#backend);
  }

  async run({ snippets, broken }: Imagined, reality: Reality): Promise<void> {
    broken.delete(this.#backend);
    takeIn(snippets, await mend(reality, this.#backend));
  }

  toString(): string {
    return `Mend(${this.#backend})`;
  }
}

/** @param faults of which those commands may choose that break something. */
export function commandsWith(faults: readonly Fault[], options: { most: number }): fc.Arbitrary<Iterable<Command>> {
  const call = fc.record({
    call: fc.constantFrom<Call["call"]>("share", "get", "get", "get", "delete"),
    client: fc.nat(3),
    snippet: fc.nat(1000),
  });
  const together = fc.array(call, { minLength: 1, maxLength: 8, size: "max" }).map((calls) => new Together(calls));
  const broken = fc.constantFrom(...faults).map((fault) => new Break(fault));
  const mended = fc.constantFrom<Fault["backend"]>("PostgreSQL", "Redis").map((backend) => new Mend(backend));
  return fc.commands([together, together, together, broken, mended], { maxCommands: options.most, size: "max" });
}

export const nothingYet = (): Imagined => ({ snippets: new Map(), broken: new Map() });
