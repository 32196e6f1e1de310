/**
 * What a store of snippets is to its clients, without any of its machinery: a map from ids to a snippet or to a deletion,
 * or, where a call was UNAVAILABLE and nobody knows what it did, to both.
 */

export type Possibility = "stored" | "deleted";

export interface Known {
  code: string;
  possible: ReadonlySet<Possibility>;
}

export type Model = Map<bigint, Known>;

export type Answer<Value> = Value | "NOT_FOUND" | "UNAVAILABLE";

/** What calls came to that were under way at the same time. */
export type Outcome =
  | { call: "share"; code: string; answer: { id: bigint } | "UNAVAILABLE" }
  | { call: "get"; id: bigint; answer: Answer<{ code: string }> }
  | { call: "delete"; id: bigint; answer: Answer<"deleted"> };

/**
 * Takes in what overlapping calls were answered.
 * @throws Error when no order of them, whatever the refused ones did, explains the answers.
 */
export function takeIn(model: Model, outcomes: readonly Outcome[]): void {
  for (const id of new Set(outcomes.flatMap((outcome) => (outcome.call === "share" ? [] : [outcome.id])))) {
    const known = model.get(id);
    if (known === undefined) throw new Error(`nobody was told of snippet ${id}`);
    const possible = afterwards(id, known, outcomes);
    model.set(id, { ...known, possible });
  }
  for (const outcome of outcomes) {
    if (outcome.call !== "share" || outcome.answer === "UNAVAILABLE") continue;
    const { id } = outcome.answer;
    if (model.has(id)) throw new Error(`two shares were given the id ${id}`);
    model.set(id, { code: outcome.code, possible: new Set(["stored"]) });
  }
}

function afterwards(id: bigint, { code, possible }: Known, outcomes: readonly Outcome[]): ReadonlySet<Possibility> {
  const deletes = outcomes.flatMap((each) => (each.call === "delete" && each.id === id ? [each.answer] : []));
  const gets = outcomes.flatMap((each) => (each.call === "get" && each.id === id ? [each.answer] : []));
  const count = (answer: Answer<"deleted">) => deletes.filter((each) => each === answer).length;

  if (count("deleted") > 1) throw new Error(`snippet ${id} was deleted twice`);
  if (count("deleted") === 1 && !possible.has("stored")) throw new Error(`snippet ${id} was deleted again`);
  const mayBeGone = possible.has("deleted") || count("deleted") + count("UNAVAILABLE") > 0;
  if (count("NOT_FOUND") > 0 && !mayBeGone) throw new Error(`snippet ${id} was not found by a delete, and nobody deleted it`);
  for (const answer of gets) {
    if (answer === "NOT_FOUND" && !mayBeGone) throw new Error(`snippet ${id} was not found, and nobody deleted it`);
    if (typeof answer === "string") continue;
    if (!possible.has("stored")) throw new Error(`snippet ${id} was read after its delete was acknowledged`);
    if (answer.code !== code) throw new Error(`snippet ${id} was answered with other code: ${answer.code}`);
  }

  if (count("deleted") + count("NOT_FOUND") > 0) return new Set(["deleted"]);
  return count("UNAVAILABLE") > 0 ? new Set([...possible, "deleted"]) : possible;
}
