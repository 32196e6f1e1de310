/** Which bubblewrap an executor finds. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export async function whereBubblewrapIs(): Promise<string> {
  for (const directory of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/bin"]) {
    const path = join(directory, "bwrap");
    if (directory !== "" && existsSync(path)) return path;
  }
  throw new Error("bubblewrap is not installed");
}

/** The executor looks for its bubblewrap when it prepares. */
export async function withPath(directory: string, work: () => Promise<void>): Promise<void> {
  const before = process.env["PATH"];
  process.env["PATH"] = `${directory}${delimiter}${before ?? ""}`;
  try {
    await work();
  } finally {
    process.env["PATH"] = before;
  }
}
