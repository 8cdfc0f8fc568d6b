# Runs SCRIPT in the root file system ROOT, in a mount and process namespace of its own; the packages and lists that apt fetches
# go to the folder APT, so that they are fetched once and stay out of the image.
set -eu
root=$1 apt=$2 script=$3
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
[ ! -e "$root/etc/resolv.conf" ] || mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
if [ -d "$root/var/lib/apt/lists" ]; then
  mount --bind "$apt/cache" "$root/var/cache/apt"
  mount --bind "$apt/lists" "$root/var/lib/apt/lists"
fi
exec chroot "$root" /bin/sh -ec "$script"
