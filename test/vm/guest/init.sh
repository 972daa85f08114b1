#!/bin/busybox sh
# First process of the guest: inserts the modules, lays a writable layer over the host's tree (nothing comes back), runs
# /command in it and says how that ended.
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t sysfs sys /sys
$bb mount -t devtmpfs dev /dev
for module in /modules/*.ko; do $bb insmod "$module" 2>/dev/null; done

fail() { echo "mapdirect-vm: broken: $*"; $bb poweroff -f; }

$bb mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=1048576 host /host || fail "no 9p: the host's tree"
$bb mount -t tmpfs -o size=50% layer /upper
$bb mkdir /upper/changes /upper/work
# Files that lie over the host's, if this guest has any.
lower=/host
$bb mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=1048576 layer /layer 2>/dev/null && lower=/layer:/host
$bb mount -t overlay -o lowerdir=$lower,upperdir=/upper/changes,workdir=/upper/work tree /tree || fail "no overlay"
for place in proc sys dev; do $bb mount --bind /$place /tree/$place; done
$bb mkdir -p /tree/dev/shm /tree/dev/pts /tree/mnt
$bb mount -t tmpfs shm /tree/dev/shm
$bb mount -t devpts pts /tree/dev/pts 2>/dev/null
$bb ip link set lo up 2>/dev/null

# Probing of persistent memory is asynchronous: reading this waits for it.
for bus in /sys/bus/nd/devices/ndbus*/wait_probe; do [ -e "$bus" ] && $bb cat "$bus" >/dev/null; done

echo "mapdirect-vm: up"
# /tmp stays the host's, under the layer: the tree may be there.
$bb cp /command /tree/dev/command
$bb chroot /tree /bin/sh /dev/command </dev/null 2>&1
echo "mapdirect-vm: exit $?"
$bb sync
$bb poweroff -f
