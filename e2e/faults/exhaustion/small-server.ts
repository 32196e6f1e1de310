/** A server whose own directories are small file systems of its own, where the user may mount some. */
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheDir, Gorunner } from "../../support/gorunner.js";

/** Whether they are: only root mounts without a user namespace, in which a server would not be who it is. */
export const smallPlaces = process.getuid?.() === 0;

export interface SmallServer {
  gorunner: Gorunner;
  pid: number;
  /** Where it works, and where its database is, as paths that we can use. */
  directories: string[];
  concurrency: number;
  /** Where the places of its sandboxes are. */
  work: string;
  /** Removes what it was started with, once it has ended. */
  clear(): Promise<void>;
}

/** Ten times what is used by the sandboxes of so many executions. */
const sizes = { work: "size=48m,nr_inodes=600", db: "size=4m,nr_inodes=40" };
const concurrency = 2;

export async function startSmallServer(): Promise<SmallServer> {
  const directory = await mkdtemp(join(tmpdir(), "gorunner-exhaustion-"));
  await chmod(directory, 0o755);
  const [cache, db] = [join(directory, "cache"), join(directory, "db")];
  const work = join(cache, "work");
  for (const each of [cache, work, db]) await mkdir(each);
  // What is made once is everybody's: the compiled standard library and our tools.
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith("go")) await symlink(join(cacheDir, name), join(cache, name));
  }
  const mounts = Object.entries({ [work]: sizes.work, [db]: sizes.db }).map(
    ([at, size]) => `mount -t tmpfs -o ${size},mode=755 tmpfs ${at}`,
  );
  const gorunner = await Gorunner.start({
    config: { db_uri: `sqlite:${join(db, "runner.db")}`, executor: { cache_dir: cache, concurrency, queue: 64 } },
    // In a mount namespace of its own, so that the mounts go with it.
    ...(smallPlaces ? { under: ["unshare", "--mount", "--", "sh", "-c", `${mounts.join(" && ")} && exec "$@"`, "sh"] } : {}),
  });
  const seen = (path: string) => (smallPlaces ? join(`/proc/${gorunner.pid}/root`, path) : path);
  return {
    ...{ gorunner, pid: gorunner.pid, concurrency },
    directories: [work, db].map(seen),
    work: seen(work),
    clear: () => rm(directory, { recursive: true, force: true }),
  };
}
