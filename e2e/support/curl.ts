/**
 * curl, or on a machine without it a stand-in that makes the same requests: nothing else of the tests needs curl, and
 * what the documentation shows uses little of it.
 */
import { accessSync, constants } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { cacheDir } from "./gorunner.js";

/** @returns a directory with a `curl` in it. */
export async function curlDirectory(): Promise<string> {
  const installed = (process.env["PATH"] ?? "")
    .split(delimiter)
    .find((directory) => directory !== "" && isExecutable(join(directory, "curl")));
  if (installed !== undefined) return installed;
  const directory = join(`${cacheDir}-tools`, "curl-stand-in");
  await mkdir(directory, { recursive: true });
  const script = join(directory, "curl");
  await writeFile(script, `#!${process.execPath}\n${standIn}`);
  await chmod(script, 0o755);
  return directory;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Knows -s, -X METHOD, -d BODY and one URL, and refuses every other option. */
const standIn = `
const { parseArgs } = require("node:util");
const { values, positionals } = parseArgs({
  options: { silent: { type: "boolean", short: "s" }, request: { type: "string", short: "X" }, data: { type: "string", short: "d" } },
  allowPositionals: true,
});
const { request = values.data === undefined ? "GET" : "POST", data } = values;
const headers = data === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
fetch(positionals[0], { method: request, body: data, headers })
  .then((response) => response.text())
  .then((text) => process.stdout.write(text));
`;
