/** System calls that no snippet needs, each with arguments at which the kernel itself would say something else than EPERM. */
export interface Call {
  name: string;
  /** Numbers for x86-64 and arm64. */
  numbers: [amd64: number, arm64: number];
  args?: (number | string)[];
  /**
   * What it takes beside a kernel that has it and leaves it to anybody: rights in a user namespace, or to be the host's root,
   * which nobody is in any namespace.
   */
  needs?: "rights" | "root";
}

export const bad = -1;
const both = (number: number): [number, number] => [number, number];

/** Rule 3, and what could serve as a channel or a way out beside it. `&` is memory of zeros; ptrace attaches to nobody. */
export const calls: readonly Call[] = [
  // First, since what is then made belongs to whoever made it: of mounts, a network and names.
  { name: "unshare(mount)", numbers: [272, 97], args: [0x4402_0000], needs: "rights" },
  { name: "io_uring_setup", numbers: both(425), args: [1, "&"] },
  { name: "io_uring_enter", numbers: both(426), args: [bad] },
  { name: "io_uring_register", numbers: both(427), args: [bad] },
  { name: "userfaultfd", numbers: [323, 282], args: [bad] },
  { name: "bpf", numbers: [321, 280], args: [99, "&", 8] },
  { name: "perf_event_open", numbers: [298, 241], args: ["&", 0, bad, bad, bad] },
  { name: "keyctl", numbers: [250, 219], args: [0, bad, 0] },
  { name: "add_key", numbers: [248, 217], args: ["&", "&", 0, 0, bad] },
  { name: "request_key", numbers: [249, 218], args: ["&", "&", 0, 0] },
  { name: "ptrace", numbers: [101, 117], args: [16, bad] },
  { name: "process_vm_readv", numbers: [310, 270], args: [bad, "&", 1, "&", 1] },
  { name: "process_vm_writev", numbers: [311, 271], args: [bad, "&", 1, "&", 1] },
  { name: "mount", numbers: [165, 40], args: ["&", "&", "&"] },
  { name: "umount2", numbers: [166, 39], args: ["&", bad] },
  { name: "pivot_root", numbers: [155, 41], args: ["&", "&"], needs: "rights" },
  { name: "chroot", numbers: [161, 51], args: ["&"] },
  { name: "open_tree", numbers: both(428), args: [bad, "&"] },
  { name: "move_mount", numbers: both(429), args: [bad, "&", bad, "&"], needs: "rights" },
  { name: "fsopen", numbers: both(430), args: ["&"], needs: "rights" },
  { name: "fsconfig", numbers: both(431), args: [bad] },
  { name: "fsmount", numbers: both(432), args: [bad], needs: "rights" },
  { name: "mount_setattr", numbers: both(442), args: [bad, "&"] },
  { name: "unshare(user)", numbers: [272, 97], args: [0x1000_0000] },
  { name: "setns", numbers: [308, 268], args: [bad, 0] },
  { name: "clone(fork)", numbers: [56, 220], args: [17] },
  { name: "clone(new user namespace)", numbers: [56, 220], args: [0x1000_0011] },
  { name: "clone3", numbers: both(435), args: ["&", 64] },
  { name: "clone(vfork)", numbers: [56, 220], args: [0x4011] },
  { name: "socket(AF_VSOCK)", numbers: [41, 198], args: [40, 1, 0] },
  { name: "socket(AF_NETLINK)", numbers: [41, 198], args: [16, 3, 0] },
  { name: "socket(AF_PACKET)", numbers: [41, 198], args: [17, 3, 0], needs: "rights" },
  { name: "socket(AF_ALG)", numbers: [41, 198], args: [38, 5, 0] },
  { name: "socketpair(AF_VSOCK)", numbers: [53, 199], args: [40, 1, 0, "&"] },
  { name: "pidfd_getfd", numbers: both(438), args: [bad, 0] },
  { name: "kexec_load", numbers: [246, 104], args: [0, 0, 0, bad], needs: "root" },
  { name: "init_module", numbers: [175, 105], args: ["&", 0, "&"], needs: "root" },
  { name: "finit_module", numbers: [313, 273], args: [bad, "&"], needs: "root" },
  { name: "open_by_handle_at", numbers: [304, 265], args: [bad, "&"] },
  { name: "name_to_handle_at", numbers: [303, 264], args: [bad, "&", "&", "&"] },
  { name: "personality", numbers: [135, 92], args: [0x0040_0000] },
  { name: "syslog", numbers: [103, 116], args: [bad], needs: "root" },
  { name: "swapon", numbers: [167, 224], args: ["&", 0], needs: "root" },
  { name: "reboot", numbers: [169, 142], args: [0], needs: "root" },
  { name: "settimeofday", numbers: [164, 170], args: [0, 0], needs: "root" },
  { name: "sethostname", numbers: [170, 161], args: ["&", 1], needs: "rights" },
  { name: "quotactl", numbers: [179, 60], args: [bad] },
  { name: "fanotify_init", numbers: [300, 262], args: [0x200] },
  { name: "inotify_init1", numbers: [294, 26], args: [0] },
  { name: "landlock_create_ruleset", numbers: both(444), args: [0, 0, 1] },
  { name: "seccomp", numbers: [317, 277], args: [99] },
  { name: "memfd_secret", numbers: both(447), args: [0] },
  { name: "shmget", numbers: [29, 194], args: [0, 4096, 0o1600] },
  { name: "semget", numbers: [64, 190], args: [0, 1, 0o1600] },
  { name: "msgget", numbers: [68, 186], args: [0, 0o1600] },
  { name: "mq_open", numbers: [240, 180], args: ["&", 0] },
  { name: "kcmp", numbers: [312, 272], args: [bad, bad, bad] },
  { name: "move_pages", numbers: [279, 239], args: [bad] },
  { name: "migrate_pages", numbers: [256, 238], args: [bad] },
  { name: "set_mempolicy", numbers: [238, 237], args: [bad] },
  { name: "process_madvise", numbers: both(440), args: [bad] },
];
