/** The regular expressions in a source text. */
import { parseSync, Visitor } from "oxc-parser";

export interface Expression {
  /** As it is written. */
  text: string;
  /** Absent where it is made at run time, of what a literal does not tell. */
  pattern?: string;
  flags: string;
}

/** Methods of strings that make an expression of a text. */
const makers = new Set(["match", "matchAll", "search"]);

export function expressionsIn(file: string, source: string): Expression[] {
  const found: Expression[] = [];
  const { program, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const made = ({ start, end }: { start: number; end: number }) => found.push({ text: source.slice(start, end), flags: "" });
  new Visitor({
    Literal(node) {
      if ("regex" in node) found.push({ text: node.raw ?? "", ...node.regex });
    },
    NewExpression(node) {
      if (node.callee.type === "Identifier" && node.callee.name === "RegExp") made(node);
    },
    CallExpression(node) {
      const { callee } = node;
      const [given] = node.arguments;
      if (callee.type === "Identifier" && callee.name === "RegExp") made(node);
      if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier" || !makers.has(callee.property.name)) return;
      if (given?.type === "TemplateLiteral" || (given?.type === "Literal" && typeof given.value === "string")) made(node);
    },
  }).visit(program);
  return found;
}
