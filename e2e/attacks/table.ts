/** The table of docs/security.md: every case, how it must end, and how it was seen to end in each mode. */
import type { Attack, Control } from "./attack.js";
import { controlsOf, withoutTold } from "./control.js";
import { attacks } from "./corpus.js";
import { lines, partOf } from "./corpus-lines.js";
import type { ModeResults } from "./results.js";
import { serviceAttacks } from "./service.js";

const begin = "<!-- made by npm run test:attacks -- --write -->";
const end = "<!-- end of what is made -->";

interface Row {
  name: string;
  line: Attack["line"];
  expected: string;
  /** The controls: which of them are made depends on the host and on the mode. */
  controls: readonly Told[];
  succeededAt?: string | undefined;
}

interface Told extends Pick<Control, "where"> {
  without: string;
  underRlimits: boolean;
}

/** All cases, in the corpus's order. */
export const rows: readonly Row[] = [
  ...attacks.map((attack) => ({
    name: attack.name,
    line: attack.line,
    expected: expectationOf(attack),
    controls: toldOf(attack),
    succeededAt: attack.succeededAt,
  })),
  ...serviceAttacks.map(({ control, ...attack }) => ({
    ...attack,
    controls: control === undefined ? [] : [{ without: control.without, underRlimits: false }],
  })),
];

function toldOf(attack: Attack): Told[] {
  const { controlUnderRlimits: other } = attack;
  const told = (control: Control, underRlimits: boolean): Told => ({
    without: withoutTold(control),
    underRlimits,
    ...(control.where && { where: control.where }),
  });
  return [...controlsOf(attack).map((control) => told(control, false)), ...(other === undefined ? [] : [told(other, true)])];
}

const words = ({ without, underRlimits }: Told) => (underRlimits ? `under rlimits ${without}` : without);
const notSeen = ({ where }: Told) => `not seen here: it takes ${where?.told}`;

/** What the column says of a row, of whose controls those in `seen` were made. */
function controlsTold({ controls, succeededAt }: Row, seen: (control: Told) => boolean): string {
  const made = controls.filter(seen);
  if (made.length > 0) return made.map(words).join("; ");
  return controls.map(notSeen)[0] ?? (succeededAt === undefined ? "" : `its mend, by hand at ${succeededAt}`);
}

/** Whether a host could have said this: all that any host lets succeed, and what else may. */
export function couldBeTold(row: Row, cell: string): boolean {
  const kinds = [...new Set(row.controls.flatMap(({ where }) => where ?? []))];
  const hosts = Array.from({ length: 2 ** kinds.length }, (_, host) => kinds.filter((_, kind) => host & (1 << kind)));
  return hosts.some((host) => controlsTold(row, ({ where }) => where === undefined || host.includes(where)) === cell);
}

function expectationOf({ ends, endsUnderRlimits, exitCode, signal }: Attack): string {
  const either = (endings: readonly string[]) =>
    endings.map((ending) => (ending === "exit_error" && exitCode !== undefined ? `exit_error ${exitCode}` : ending)).join(" or ");
  const expected = either(ends) + (signal === undefined ? "" : ` by ${signal}`);
  return endsUnderRlimits === undefined ? expected : `${expected}; under rlimits ${either(endsUnderRlimits)}`;
}

export function tableOf(modes: readonly ModeResults[]): string {
  const shown = modes.filter(({ results }) => results.length > 0);
  const seen = (row: Row, { results }: ModeResults) => {
    const result = results.find(({ name }) => name === row.name);
    if (result === undefined) return "not made";
    return result.problems.length > 0 ? `**failed**: ${result.seen}` : result.seen;
  };
  const without = (row: Row) => {
    const { name } = row;
    const made = shown.flatMap(({ results }) => results.filter((result) => result.name === name)).flatMap((result) => result.without);
    return controlsTold(row, (told) => made.includes(told.without));
  };
  const header = ["case", "expected", "first seen to succeed without", ...shown.map(({ mode }) => mode)];
  const inForce = shown.map(({ mode, inForce }) => `- ${mode}: ${inForce?.tier}, ${inForce?.resources}, ${inForce?.toolchain}`);
  const parts = (["compile", "run", "service"] as const).flatMap((part) => [
    `### ${titles[part]}`,
    "",
    markdownRow(header),
    markdownRow(header.map(() => "---")),
    ...lines[part].flatMap((line) => [
      markdownRow([`**${escaped(line)}**`, ...header.slice(1).map(() => "")]),
      ...rows
        .filter((row) => row.line === line && partOf(row.line) === part)
        .map((row) => markdownRow([escaped(row.name), row.expected, without(row), ...shown.map((mode) => seen(row, mode))])),
    ]),
    "",
  ]);
  return [...inForce, "", ...parts].join("\n").trim();
}

const titles = { compile: "The compilation", run: "The run", service: "The service" };

const markdownRow = (cells: string[]) => `| ${cells.join(" | ")} |`;

const escaped = (text: string) => text.replaceAll(/[|*]/g, "\\$&");

/** @throws Error when the page lacks the marks between which the table stands. */
export function withTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${table}\n\n${page.slice(to)}`;
}

/** What stands between the marks. */
export function tableIn(page: string): string {
  return page.slice(page.indexOf(begin) + begin.length, page.indexOf(end)).trim();
}
