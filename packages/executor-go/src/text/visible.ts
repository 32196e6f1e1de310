/** Control characters as text. */

/** Messages quote the program, which may hold what a terminal would obey. Tabs and newlines stay. */
export function visible(text: string): string {
  let shown = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const shownAs = escapes[text.charCodeAt(at)];
    if (shownAs === undefined) continue;
    shown += text.slice(from, at) + shownAs;
    from = at + 1;
  }
  return from === 0 ? text : shown + text.slice(from);
}

/** By the number of a control character: how it is shown. */
const escapes = Array.from({ length: 0xa0 }, (_, unit) => {
  const isControl = (unit < 0x20 && unit !== 0x09 && unit !== 0x0a) || unit >= 0x7f;
  return isControl ? `\\x${unit.toString(16).padStart(2, "0")}` : undefined;
});
