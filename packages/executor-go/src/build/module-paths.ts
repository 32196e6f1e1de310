/** What the tools say without where modules from elsewhere lie. */

import { isSpace } from "../text/words.js";
import { mountedModules } from "../toolchain/import-config.js";

/**
 * Without the directory of modules from elsewhere, before what is a module's name and version. The tools tell it as an
 * absolute path, or from where the program's files are: `../../modules/`.
 */
export function withoutModulePaths(text: string): string {
  let told = "";
  let from = 0;
  let stop = 0;
  for (let at = text.indexOf(modulesPath); at !== -1; at = text.indexOf(modulesPath, at + 1)) {
    const name = at + modulesPath.length;
    // What ends this name may have ended the one before: the text is passed over once.
    if (stop < name) stop = nameEnd(text, name);
    if (stop === name || !text.startsWith("@v", stop)) continue;
    told += text.slice(from, parentsStart(text, at, from));
    from = name;
    at = name - 1;
  }
  return told + text.slice(from);
}

const modulesPath = `${mountedModules}/`;

function nameEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== "@" && !isSpace(text.charCodeAt(end))) end++;
  return end;
}

/** Where the `../..` begins that ends at `end`; not before `from`. */
function parentsStart(text: string, end: number, from: number): number {
  if (end - 2 < from || !text.startsWith("..", end - 2)) return end;
  let start = end - 2;
  while (start - 3 >= from && text.startsWith("../", start - 3)) start -= 3;
  return start;
}
