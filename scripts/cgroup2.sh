#!/bin/sh
# npm run test:cgroup2: the executor's resource tests and the corpus of attacks under control groups version 2, on a kernel of
# their own, for hosts that have version 1. Not part of npm test. An hour or more: it has one processor, and page faults are slow,
# so that some attacks end by their time there before they reach another limit.
#
# The kernel is User-Mode Linux, a process of this host (Debian: `apt-get install user-mode-linux`). It sees this host's files
# read-only, with a layer in memory over them, so nothing of the host is changed. Arguments go to the corpus: --only WORDS.
# The results are in .toolchain/cgroup2/*.json, from which `npm run test:attacks -- --write` adds its columns to the table.
. "$(dirname "$0")/prepare.sh"
prepare cli

kernel=$(command -v linux.uml || true)
[ -n "$kernel" ] || { echo "test:cgroup2: linux.uml is missing; apt-get install user-mode-linux" >&2; exit 1; }
modules=$(ls -d /usr/lib/uml/modules/* 2>/dev/null | sort -V | tail -n 1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
results=$(pwd)/.toolchain/cgroup2
mkdir -p "$results"
rm -f "$results"/*.json

# The first process: it lays the layer over the host's files and makes that the root.
cat >"$work/init" <<INIT
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t tmpfs -o size=90% layer /mnt
mkdir -p /mnt/changes /mnt/work /mnt/root
insmod $modules/kernel/fs/overlayfs/overlay.ko
mount -t overlay -o lowerdir=/,upperdir=/mnt/changes,workdir=/mnt/work overlay /mnt/root
mkdir -p "/mnt/root$work"
cp "$work/tests" "/mnt/root$work/tests"
cd /mnt/root
mkdir -p .first
mount --make-rprivate /
pivot_root . .first
exec chroot . /bin/sh "$work/tests" <dev/null
INIT

# What runs there: as root, then as an ordinary user to whom a group is delegated.
cat >"$work/tests" <<TESTS
export PATH="$(dirname "$NODE"):$PATH" HOME=/root NO_COLOR=1 GORUNNER_TEST_PATIENCE_MS=900000
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "$results"
mount -t hostfs -o "$results" results "$results"
mkdir -p /lib/modules
ln -s "$modules" "/lib/modules/\$(uname -r)"
modprobe ipv6
ip link set lo up
cd "$(pwd)"
echo "test:cgroup2: as root"
"$NODE" node_modules/mocha/bin/mocha.js packages/executor-go/test/tiers/resources.spec.ts packages/executor-go/test/tiers/no-walls.spec.ts
first=\$?
"$NODE" --import tsx e2e/attacks/main.ts --mode "cgroup-v2, root" --save "$results/root.json" $*
second=\$?
# As a service manager delegates a group to an ordinary user: its folder and the files by which it is used, no more.
delegated=/sys/fs/cgroup/delegated
mkdir "\$delegated"
echo "+memory +pids +cpu" >/sys/fs/cgroup/cgroup.subtree_control
echo "+memory +pids +cpu" >"\$delegated/cgroup.subtree_control"
mkdir "\$delegated/scope"
for file in "" /cgroup.procs /cgroup.subtree_control /cgroup.threads; do chown 30998:30998 "\$delegated/scope\$file"; done
cache=/var/cache/gorunner-delegated
mkdir -p "\$cache"
cp -r /var/cache/gorunner-tests/go* "\$cache/"
chown -R 30998:30998 "\$cache" "$results"
as_user() {
  sh -c 'echo \$\$ >/sys/fs/cgroup/delegated/scope/cgroup.procs; exec setpriv --reuid 30998 --regid 30998 --clear-groups --inh-caps=-all env HOME=/tmp GORUNNER_TEST_CACHE_DIR=/var/cache/gorunner-delegated "\$@"' sh "\$@"
}
echo "test:cgroup2: as an ordinary user with a delegated group"
as_user "$NODE" node_modules/mocha/bin/mocha.js packages/executor-go/test/tiers/resources.spec.ts packages/executor-go/test/tiers/no-walls.spec.ts
third=\$?
as_user "$NODE" --import tsx e2e/attacks/main.ts --mode "cgroup-v2, user" --save "$results/user.json" $*
fourth=\$?
echo "test:cgroup2: exit codes \$first \$second \$third \$fourth"
poweroff -f
TESTS
chmod +x "$work/init"

"$kernel" mem="${GORUNNER_TEST_VM_MEMORY:-6G}" root=/dev/root rootfstype=hostfs rootflags=/ ro init="$work/init" \
  con=null con0=null,fd:1 quiet </dev/null | tee "$work/console" | sed -u 's|\r||'
grep -q 'test:cgroup2: exit codes 0 0 0 0' "$work/console"
