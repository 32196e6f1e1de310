#!/bin/sh
# npm run test:cgroup2: tests of the executor under control groups version 2, in a virtual machine whose kernel has only
# those; for hosts that have version 1, or where nothing may be moved. Not part of npm test.
#
# It boots this host's own files, read-only, with a layer in memory over them, so that nothing of the host is changed.
# Needed: qemu-system-x86_64, busybox, and a kernel with its modules: below / or where GORUNNER_TEST_KERNEL_ROOT says
# (`apt-get install qemu-system-x86 busybox-static linux-image-amd64`, or the last unpacked anywhere by `dpkg -x`; the
# kernels of the cloud flavour lack 9p). GORUNNER_TEST_KVM=1 makes it fast where /dev/kvm works. Arguments are test files.
. "$(dirname "$0")/prepare.sh"
prepare packages
[ $# -gt 0 ] || set -- packages/executor-go/test/tiers/resources.spec.ts packages/executor-go/test/tiers/no-walls.spec.ts

root=${GORUNNER_TEST_KERNEL_ROOT:-}
kernel=$(ls "$root"/boot/vmlinuz-* 2>/dev/null | sort -V | tail -n 1)
busybox=$(command -v busybox || echo "$root/bin/busybox")
for needed in "${kernel:-$root/boot/vmlinuz-*}" "$busybox" "$(command -v qemu-system-x86_64 || echo qemu-system-x86_64)"; do
  [ -e "$needed" ] || { echo "test:cgroup2: $needed is missing; scripts/cgroup2.sh says what it takes" >&2; exit 1; }
done
release=${kernel##*/vmlinuz-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The first root of the machine: enough to reach the host's files.
mkdir -p "$work/root/bin" "$work/root/lower" "$work/root/upper" "$work/root/system" "$work/root/proc" "$work/root/dev"
cp "$busybox" "$work/root/bin/busybox"
modules=lib/modules/$release
mkdir -p "$work/root/$modules"
cp "$root/$modules/modules.order" "$root/$modules/modules.builtin" "$work/root/$modules/"
(cd "$root/$modules" && find kernel/fs/9p kernel/net/9p kernel/fs/netfs kernel/fs/fscache kernel/fs/overlayfs kernel/drivers/virtio -name '*.ko*') |
  while IFS= read -r module; do
    mkdir -p "$work/root/$modules/$(dirname "$module")"
    cp "$root/$modules/$module" "$work/root/$modules/$module"
  done
"$busybox" depmod -b "$work/root" "$release"

cat >"$work/root/init" <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in virtio_pci 9pnet_virtio 9p overlay; do modprobe \$module 2>/dev/null; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=1048576 host /lower || poweroff -f
mount -t tmpfs -o size=75% upper /upper
mkdir /upper/changes /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/changes,workdir=/upper/work system /system || poweroff -f
cp /tests /system/gorunner-tests
mount --move /proc /system/proc
mount --move /dev /system/dev
exec switch_root /system /gorunner-tests
INIT

{
  cat <<TESTS
#!/bin/sh
mount -t sysfs sys /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up 2>/dev/null || ifconfig lo up
export PATH="$(dirname "$NODE"):$PATH" HOME=/root NO_COLOR=1 GORUNNER_TEST_PATIENCE_MS=900000
cd "$(pwd)"
# As a service manager delegates a group to an ordinary user: its folder and the files by which it is used, no more.
delegated=/sys/fs/cgroup/delegated
mkdir "\$delegated"
echo "+memory +pids +cpu" >/sys/fs/cgroup/cgroup.subtree_control
echo "+memory +pids +cpu" >"\$delegated/cgroup.subtree_control"
mkdir "\$delegated/scope"
chown 30998:30998 "\$delegated/scope" "\$delegated/scope/cgroup.procs" "\$delegated/scope/cgroup.subtree_control" "\$delegated/scope/cgroup.threads"
# What root has compiled already takes long to compile here.
mkdir -p /var/cache/gorunner-delegated
for toolchain in /var/cache/gorunner-tests/go*; do
  mkdir -p "/var/cache/gorunner-delegated/\${toolchain##*/}"
  cp -r "\$toolchain/std" "\$toolchain/importcfg" "/var/cache/gorunner-delegated/\${toolchain##*/}"
done
chown -R 30998:30998 /var/cache/gorunner-delegated
TESTS
  printf 'echo "test:cgroup2: as root"\n'
  printf '"%s" node_modules/mocha/bin/mocha.js' "$NODE"
  printf ' "%s"' "$@"
  printf '\nfirst=$?\n'
  printf 'echo "test:cgroup2: as an ordinary user with a delegated group"\n'
  printf 'sh -c '"'"'echo $$ >/sys/fs/cgroup/delegated/scope/cgroup.procs; exec setpriv --reuid 30998 --regid 30998 --clear-groups --inh-caps=-all env HOME=/tmp NO_COLOR=1 GORUNNER_TEST_CACHE_DIR=/var/cache/gorunner-delegated "$@"'"'"' sh "%s" node_modules/mocha/bin/mocha.js' "$NODE"
  printf ' "%s"' "$@"
  printf '\nsecond=$?\necho "test:cgroup2: exit codes $first $second"\necho o >/proc/sysrq-trigger\nsleep 60\n'
} >"$work/root/tests"
chmod +x "$work/root/init" "$work/root/tests"
(cd "$work/root" && find . | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initramfs"

accelerated="-accel tcg,thread=multi -cpu max"
[ -n "${GORUNNER_TEST_KVM:-}" ] && accelerated="-enable-kvm -cpu host"
# shellcheck disable=SC2086
qemu-system-x86_64 $accelerated -m "${GORUNNER_TEST_VM_MEMORY:-6G}" -smp 2 -nographic -no-reboot -kernel "$kernel" -initrd "$work/initramfs" \
  -append "console=ttyS0 quiet loglevel=1 panic=-1 cgroup_no_v1=all" \
  -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap </dev/null | tee "$work/console" | tr -d '\r'
grep -q 'test:cgroup2: exit codes 0 0' "$work/console"
