/** How controls are made: with which rules, with which limits. */
import type { Limits } from "@gorunner/core";
import type { Control, Rule } from "./attack.js";

export function rulesWithout({ without }: Control): readonly Rule[] {
  if (without === "limit") return [];
  return typeof without === "string" ? [without] : without;
}

/** What it goes without, in words. */
export const withoutTold = (control: Control): string =>
  control.without === "limit"
    ? "its limit"
    : rulesWithout(control)
        .map((rule) => `the ${rule}`)
        .join(" and ");

/** The limits that stop it give way to the control's; of those that the control does not name, the executor's hold. */
export function limitsOf({ without, limits = {} }: Control, asked: Partial<Limits>): Partial<Limits> {
  if (without !== "limit") return asked;
  const { runTimeoutMs: _, ...others } = asked;
  return { ...others, ...limits };
}
