# import.sh ROOT TAR...: unpacks images into a containerd root folder that clusters then start from. Started by `up` in fresh
# namespaces.
set -euo pipefail
root=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/containerd.toml" <<END
version = 2
root = "$root"
state = "$work/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$work/socket"
END
containerd -c "$work/containerd.toml" -l warn >"$work/log" 2>&1 &
daemon=$!
for _ in $(seq 100); do
  ! ctr -a "$work/socket" version >/dev/null 2>&1 || break
  sleep 0.1
done
for image in "$@"; do
  ctr -a "$work/socket" -n k8s.io images import --snapshotter overlayfs "$image" >/dev/null || { cat "$work/log" >&2; exit 1; }
done
kill "$daemon"
wait "$daemon" || true
