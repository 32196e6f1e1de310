/** The corpus as the four calls take it. */
import { decodeUtf8 } from "@gorunner/core";
import { attacks } from "./corpus.js";

/** Every attack as one text, also where its files can't stand in one: then it is one more attack on the text's own rules. */
export function attackTexts(): string[] {
  return attacks.map(({ request: { files } }) => {
    const [only, ...others] = files;
    if (only?.path === "prog.go" && others.length === 0) return decodeUtf8(only.content);
    return files.map(({ path, content }) => `-- ${path} --\n${decodeUtf8(content)}\n`).join("");
  });
}
