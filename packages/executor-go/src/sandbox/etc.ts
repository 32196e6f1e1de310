/** The few files of /etc that programs look for: names that resolve without a network, and the one user there is. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const files: Record<string, string> = {
  hosts: "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 sandbox\n",
  // Empty, and there: the host's is put over it where there is a network.
  "resolv.conf": "",
  "nsswitch.conf": "hosts: files dns\n",
  passwd: "nobody:x:65534:65534:nobody:/tmp:/bin/false\n",
  group: "nogroup:x:65534:\n",
};

/** Writes them below `directory`, readable by every user. */
export async function writeEtc(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content, { mode: 0o644 });
}
