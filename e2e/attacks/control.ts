/** How controls are made: with which rules, with which limits, on which hosts. */
import type { Limits } from "@gorunner/core";
import type { Attack, Control, Rule } from "./attack.js";

export function controlsOf({ control }: Pick<Attack, "control">): readonly Control[] {
  if (control === undefined) return [];
  return "without" in control ? [control] : control;
}

/** Those that this host would let succeed, where memory is counted exactly or not. */
export function controlsHere(attack: Pick<Attack, "control" | "controlUnderRlimits">, exact: boolean): readonly Control[] {
  const { controlUnderRlimits: other } = attack;
  const chosen = exact || other === undefined ? controlsOf(attack) : [other];
  return chosen.filter(({ where }) => where === undefined || where.isHere());
}

export function rulesWithout({ without }: Control): readonly Rule[] {
  if (without === "limit") return [];
  return typeof without === "string" ? [without] : without;
}

/** What it goes without, and what of it, in words. */
export function withoutTold(control: Control): string {
  const rules = control.without === "limit" ? ["its limit"] : rulesWithout(control).map((rule) => `the ${rule}`);
  return rules.join(" and ") + (control.part === undefined ? "" : ` (${control.part})`);
}

/** The limits that stop it give way to the control's; of those that the control does not name, the executor's hold. */
export function limitsOf({ without, limits = {} }: Control, asked: Partial<Limits>): Partial<Limits> {
  if (without !== "limit") return asked;
  const { runTimeoutMs: _, ...others } = asked;
  return { ...others, ...limits };
}
