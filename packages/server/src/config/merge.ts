/** Puts what the file and the environment say together, by known keys only, and notes what it does not know. */
import { closest } from "fastest-levenshtein";
import type { Key } from "./keys.js";
import type { Tree } from "./read-yaml.js";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Merged {
  tree: Tree;
  /** Names of the keys that a variable of the environment has set, and that variable. */
  fromVariable: ReadonlyMap<string, string>;
}

/** The known part of `file`, overridden by the environment. The real environment's empty text is a value. */
export function merge(file: Tree, env: Environment, keys: readonly Key[]): Merged {
  const tree: Tree = {};
  const fromVariable = new Map<string, string>();
  for (const key of keys) {
    const variable = key.isGroup ? undefined : variableFor(key, env);
    if (variable !== undefined) fromVariable.set(key.name, variable);
    put(tree, key, variable === undefined ? valueAt(file, key.path) : env[variable]);
  }
  return { tree, fromVariable };
}

function variableFor(key: Key, env: Environment): string | undefined {
  const names = key.name === "app_secret" ? [key.variable, "APP_SECRET"] : [key.variable];
  return names.find((name) => env[name] !== undefined);
}

/** Sets a value, or opens a group; what stands where a group belongs, and is none, stays for validation to refuse. */
function put(tree: Tree, key: Key, value: unknown): void {
  const name = key.path.at(-1) ?? "";
  const parent = key.path.slice(0, -1).reduce<unknown>((at, step) => (isTree(at) ? at[step] : undefined), tree);
  if (!isTree(parent)) return;
  if (key.isGroup && (value === undefined || isTree(value))) parent[name] = {};
  else if (value !== undefined) parent[name] = value;
}

function valueAt(tree: Tree, path: readonly string[]): unknown {
  const value = path.reduce<unknown>((at, step) => (isTree(at) && Object.hasOwn(at, step) ? at[step] : undefined), tree);
  return value ?? undefined;
}

/** One warning for each key of `file` that is not known, with the known key nearest to it. */
export function unknownKeys(file: Tree, keys: readonly Key[]): string[] {
  const known = new Map(keys.map((key) => [key.name, key]));
  const names = keys.filter((key) => !key.isGroup).map((key) => key.name);
  const look = (tree: Tree, parent: string): string[] =>
    Object.entries(tree).flatMap(([name, value]) => {
      const full = parent + name;
      const key = known.get(full);
      if (key === undefined) return [`unknown key ${shown(full)}; did you mean ${closest(full, names)}?`];
      return key.isGroup && isTree(value) ? look(value, `${full}.`) : [];
    });
  return look(file, "");
}

/** A key that is no plain name may hold a value that slipped into it (`app_secret:…` without a space). */
const shown = (key: string) => (/^[\w.-]{1,64}$/.test(key) ? key : `${/^[\w.-]{0,64}/.exec(key)?.[0] ?? ""}…`);

export const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);
