/** Lays a page of the documentation out as all others are, so that what is written into it passes the checks. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const biome = fileURLToPath(new URL("../../node_modules/@biomejs/biome/bin/biome", import.meta.url));

export function formatPage(file: string): void {
  execFileSync(process.execPath, [biome, "format", "--write", file], { stdio: "ignore" });
}
