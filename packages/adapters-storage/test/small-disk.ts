import { execFileSync } from "node:child_process";

/** A disk in memory at `directory`, which only root may mount. */
export function mountDisk(directory: string, options: { size: string }) {
  const mount = (...args: string[]) => void execFileSync("mount", [...args, directory], { stdio: ["ignore", "ignore", "pipe"] });
  mount("-t", "tmpfs", "-o", `size=${options.size}`, "gorunner-test");
  return {
    remount: (option: string) => mount("-o", `remount,${option}`),
    // Lazily: the SQLite driver keeps a file open until its statements are collected.
    unmount: () => void execFileSync("umount", ["--lazy", directory]),
  };
}
