/**
 * Whether matching takes time in proportion to the text, whatever the text is, as far as counting shows it.
 *
 * The engine tries one way of matching after another, from one start after another. So there must be few ways; one that
 * does not depend on the text's length where every place of the text may be a start, and one that does where only its
 * beginning may be. Some expressions that are refused here are linear too: they are listed with their reasons, or
 * written without an expression.
 */
import { type AST, RegExpParser } from "@eslint-community/regexpp";

/** How a part can match. */
interface Ways {
  /** How many ways there are, when each unbounded repetition is counted as one. */
  count: number;
  /** How many unbounded repetitions one way has. */
  unbounded: number;
  /** Of the longest match, in characters; without unbounded repetitions. */
  length: number;
}

/** How much work one start may be, in characters. */
const maxWork = 1_048_576;
/** The same where every place may be one. */
const maxWorkEverywhere = 256;

export function isLinear({ pattern, flags }: { pattern: string; flags: string }): boolean {
  const parsed = new RegExpParser().parsePattern(pattern, 0, pattern.length, {
    unicode: flags.includes("u"),
    unicodeSets: flags.includes("v"),
  });
  const { count, unbounded, length } = either(parsed.alternatives);
  const work = count * (length + 1);
  const isAnchored = flags.includes("y") || (!flags.includes("m") && parsed.alternatives.every(startsAtStart));
  return isAnchored ? unbounded <= 1 && work <= maxWork : unbounded === 0 && work <= maxWorkEverywhere;
}

const startsAtStart = ({ elements: [first] }: AST.Alternative) => first?.type === "Assertion" && first.kind === "start";

const one: Ways = { count: 1, unbounded: 0, length: 1 };
const countless: Ways = { count: Number.POSITIVE_INFINITY, unbounded: 0, length: 0 };

function either(alternatives: AST.Alternative[]): Ways {
  const all = alternatives.map(({ elements }) => inTurn(elements));
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    unbounded: Math.max(...all.map(({ unbounded }) => unbounded)),
    length: Math.max(...all.map(({ length }) => length)),
  };
}

const inTurn = (elements: AST.Element[]): Ways =>
  elements.map(waysOf).reduce(
    (all, next) => ({
      count: all.count * next.count,
      unbounded: all.unbounded + next.unbounded,
      length: all.length + next.length,
    }),
    { ...one, length: 0 },
  );

function waysOf(element: AST.Element): Ways {
  switch (element.type) {
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
      return one;
    case "Group":
    case "CapturingGroup":
      return either(element.alternatives);
    case "Assertion":
      return "alternatives" in element ? either(element.alternatives) : { ...one, length: 0 };
    case "Quantifier":
      return repeated(waysOf(element.element), element);
    case "Backreference":
    case "ExpressionCharacterClass":
      return countless;
  }
}

function repeated(part: Ways, { min, max }: AST.Quantifier): Ways {
  // What is repeated has to be plain, where there is no end of it.
  if (max === Number.POSITIVE_INFINITY) return part.count === 1 && part.unbounded === 0 ? { ...one, unbounded: 1 } : countless;
  if (part.unbounded > 0 && max > 1) return countless;
  let count = 0;
  for (let times = min; times <= max && count < maxWork; times++) count += part.count ** times;
  return { count, unbounded: part.unbounded, length: part.length * max };
}
