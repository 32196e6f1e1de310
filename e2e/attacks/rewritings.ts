/**
 * What becomes of bubblewrap's arguments where a rule is left out, as commands of sh: `$option` is the argument in
 * question, `$1` the next one, what is done is put at the end; `dropped` is how many of the next are passed over.
 * Of two rules that are left out together none may be about the other's option, but for those that filters switch off: of
 * these, one may go together with the system call filter.
 */
import type { Rule } from "./attack.js";
import type { LaxRule } from "./lax-filters.js";

/** Of the host's: where its loader and its libraries are. */
const libraries = ["/lib", "/lib64", "/usr/lib"];

/** Directories that anybody on the host may use. */
export interface HostThings {
  /** With what is to be found where the host has it. */
  directory: string;
  /** In place of the host's /dev/shm. */
  shared: string;
  /** In place of the host's control groups. */
  groups: string;
}

export interface Rewriting {
  /** Several: where they are left out together, in this order. */
  rule: Rule | readonly Rule[];
  option: string;
  commands: string[];
}

const keep = 'set -- "$@" "$option"';
const nothing = ":";
/** That it takes an argument more, and that this one is another. */
const with0 = ['set -- "$@" "$option" 0', "dropped=1"];

/** Numbers in sh's redirections that neither the spawner nor bubblewrap uses. */
const filterFd = 8;
const hostFd = 9;
const secondFilterFd = 7;

const filterRule = "system call filter";

interface Parts {
  host: HostThings;
  filters: { rule: LaxRule; path: string }[];
}

export function rewritings({ host, filters }: Parts): Rewriting[] {
  const binds = [
    `--ro-bind '${host.directory}' '${host.directory}' --bind '${host.shared}' /dev/shm --bind '${host.groups}' /sys/fs/cgroup`,
    ...libraries.map((path) => `--ro-bind-try ${path} ${path}`),
  ].join(" ");
  const pathOfFilterRule = filters.find(({ rule }) => rule === filterRule)?.path;
  return [
    { rule: "network namespace", option: "--unshare-net", commands: [nothing] },
    { rule: "ipc namespace", option: "--unshare-ipc", commands: [nothing] },
    { rule: "read-only root", option: "--remount-ro", commands: ["dropped=1"] },
    { rule: "read-only mounts", option: "--ro-bind", commands: ["case $2 in /app | /etc) option=--bind ;; esac", keep] },
    // While there can still be new folders in /dev and in the root.
    { rule: "empty root", option: "--remount-ro", commands: [`[ "$1" != /dev ] || set -- "$@" ${binds}`, keep] },
    { rule: "choice of devices", option: "--tmpfs", commands: ['[ "$1" != /dev ] || option=--dev', keep] },
    // Those of /dev, which its own kind has already.
    { rule: "choice of devices", option: "--symlink", commands: ["dropped=2"] },
    // With pseudo terminals, bubblewrap makes the last user namespace itself, in which nothing can be mounted any more.
    { rule: "choice of devices", option: "--processes-only", commands: [nothing] },
    { rule: "processes alone in /proc", option: "--processes-only", commands: [nothing] },
    // The host's own, from wherever it has it.
    {
      rule: "files in memory",
      option: "--ro-bind",
      commands: [keep, '[ "$2" != /etc ] || { set -- "$@" /etc && dropped=1; }'],
    },
    { rule: "user nobody", option: "--uid", commands: with0 },
    { rule: "user nobody", option: "--gid", commands: with0 },
    { rule: "dropping of capabilities", option: "--cap-drop", commands: ['set -- "$@" --cap-add'] },
    { rule: "dropping of capabilities", option: "--no-capabilities", commands: [nothing] },
    // The last one would keep the others from being set.
    ...filters.flatMap(({ rule, path }): Rewriting[] =>
      rule === filterRule
        ? []
        : [
            {
              rule: [rule, filterRule],
              option: "--seccomp",
              commands: [
                `exec ${filterFd}< '${path}' ${secondFilterFd}< '${pathOfFilterRule}'`,
                `set -- "$@" --add-seccomp-fd ${filterFd} --add-seccomp-fd ${secondFilterFd} && dropped=1`,
              ],
            },
          ],
    ),
    ...filters.map(({ rule, path }) => ({
      rule,
      option: "--seccomp",
      commands: [
        `exec ${filterFd}< '${path}'`,
        ...(rule === "closing of descriptors" ? [`exec ${hostFd}< '${host.directory}/secret'`] : []),
        rule === filterRule
          ? `set -- "$@" --seccomp ${filterFd} && dropped=1`
          : // Of two filters the stricter answer holds; for bubblewrap, two want another option.
            `set -- "$@" --add-seccomp-fd ${filterFd} --add-seccomp-fd`,
      ],
    })),
  ];
}
