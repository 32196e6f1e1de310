/** An ordinary user, for servers that root's tests start. */
import { execFile } from "node:child_process";
import { cp, mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { testCacheDirectory } from "@gorunner/testing";

/** Nobody else's on any major distribution, and none of the sandboxes'. */
export const ordinaryUser = { uid: 30_998, gid: 30_998 };

/** Where its servers keep what they compile: root's directory is closed to it. */
export const ordinaryCache = `${testCacheDirectory}-ordinary-${ordinaryUser.uid}`;

/** Makes {@link ordinaryCache}, with the standard library as root's tests have compiled it: again would take half a minute. */
export async function prepareOrdinaryCache(): Promise<void> {
  const isNew = (await mkdir(ordinaryCache, { recursive: true })) !== undefined;
  if (isNew) {
    const toolchains = (await readdir(testCacheDirectory)).filter((name) => name.startsWith("go"));
    for (const toolchain of toolchains) {
      await cp(join(testCacheDirectory, toolchain), join(ordinaryCache, toolchain), {
        recursive: true,
        filter: (from) => !basename(from).startsWith("binaries"),
      });
    }
  }
  await promisify(execFile)("chown", ["-R", `${ordinaryUser.uid}:${ordinaryUser.gid}`, ordinaryCache]);
}
