/** No text of a user meets an expression that could take more time than in proportion to the text. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { accepted } from "../expressions/accepted.js";
import { expressionsIn } from "../expressions/find.js";
import { isLinear } from "../expressions/is-linear.js";

const packages = fileURLToPath(new URL("../../packages", import.meta.url));

/** Each package's own sources; generated ones have none. */
const files = readdirSync(packages)
  .flatMap((name) => readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" }).map((file) => join(name, "src", file)))
  .filter((file) => file.endsWith(".ts"));

const read = (pattern: RegExp) => isLinear({ pattern: pattern.source, flags: pattern.flags });

describe("A regular expression in the packages", () => {
  it("is linear as far as counting shows, or is listed with the reason why it may stand", () => {
    const refused: string[] = [];
    const listed = new Set(Object.entries(accepted).flatMap(([file, entries]) => Object.keys(entries).map((text) => `${file}: ${text}`)));
    for (const file of files) {
      for (const { text, pattern, flags } of expressionsIn(file, readFileSync(join(packages, file), "utf8"))) {
        if (pattern !== undefined && isLinear({ pattern, flags })) continue;
        const told = `${file}: ${text}`;
        if (accepted[file]?.[text] !== undefined) listed.delete(told);
        else refused.push(told);
      }
    }
    assert.deepEqual(
      refused,
      [],
      "scan the text by hand, cut it to a length first, or list the expression in scripts/expressions/accepted.ts",
    );
    assert.deepEqual([...listed], [], "these are listed, and not there any more or linear");
  });

  it("is linear where it is bounded, or begins at the start and repeats one thing without end", () => {
    for (const pattern of [
      /[\p{Cc}\\]/u,
      /^[+-]?[0-9]+$/,
      /\r?\n$/,
      /^[\w-]{16}$/,
      /^go\d+/,
      /a|b|[^c]/,
      /^(a|b)c*$/,
      /x{3}/y,
      /^PC=0x[0-9a-f]{1,16} m=\d{1,10} /,
    ]) {
      assert.ok(read(pattern), String(pattern));
    }
  });

  it("is not where a text could be passed over again from each of its places, or in many ways", () => {
    for (const pattern of [
      /\s+$/,
      /a+b/,
      /(a+)+$/,
      /^(a|a)*$/,
      /^.*x.*y/,
      /^a*$/m,
      /(\.\.\/)*x/,
      /(?<=a*)b/,
      /(a)\1/,
      /^(a|b){40}$/,
      /^(a|b)*$/,
      /x{100}y{100}z{100}/,
      /(a?){30}/,
    ]) {
      assert.ok(!read(pattern), String(pattern));
    }
  });

  it("is found wherever it stands, and where it is made of a text", () => {
    const source =
      'const a: RegExp = /x/g; // /not/\nconst b = "/not/" + c.replace(/y/u, "");\nnew RegExp(b); d.match("z"); d.search(`b`); RegExp("e");';
    assert.deepEqual(
      expressionsIn("a.ts", source).map(({ text }) => text),
      ["/x/g", "/y/u", "new RegExp(b)", 'd.match("z")', "d.search(`b`)", 'RegExp("e")'],
    );
  });
});
