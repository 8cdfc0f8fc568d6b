# node.sh ASSETS UNPACKED COMMAND...: started by `up` in fresh namespaces. Starts a cluster in $CLUSTER with the images of the
# containerd root folder UNPACKED, runs COMMAND, and ends. With the folder $PARTS it has a network (network.sh).
set -euo pipefail
assets=$1 unpacked=$2
shift 2
here=$(dirname "$(realpath "$0")")
caller=$PWD group=${CLUSTER##*/}
cd "$CLUSTER"
mkdir -p pki run kubelet etcd logs cni
export KUBECONFIG=$CLUSTER/pki/admin.conf PATH=$assets:$PATH CTR="ctr -a $CLUSTER/run/containerd.sock -n k8s.io"
address=10.244.0.1
# Where pods ask for names.
names=$address
[ -z "$PARTS" ] || names=10.96.0.10

start() { local name=$1; shift; "$@" >"logs/$name.log" 2>&1 & }
# Waits until the command succeeds, a minute at most.
until_works() {
  local _
  for _ in $(seq 300); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.2
  done
  echo "up: gave up waiting for: $*" >&2
  tail -n 3 logs/*.log >&2
  exit 1
}

# The node. Mounts are shared inside, since hostPath volumes with mount propagation want that; the bridge is the node's address,
# and a default route is there because the kubelet wants one.
mount --make-rprivate /
mount --make-rshared /
ip link set lo up
ip link add node0 type bridge
ip address add $address/24 dev node0
ip link set node0 up
ip route add default dev node0
echo 1 >/proc/sys/net/ipv4/ip_forward
hostname n1
# The kubelet keeps the pods' logs where every node has them.
mkdir varlog
mount --bind varlog /var/log
# Names are served by `run` or the cluster's name server, to pods only.
: >resolv.conf
mount --bind resolv.conf "$(realpath /etc/resolv.conf)"

# Certificates.
sign() { # NAME SUBJECT [EXTENSION]
  openssl req -newkey rsa:2048 -nodes -keyout "pki/$1.key" -out "pki/$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -out "pki/$1.crt" -days 365 \
    -extfile <(echo "${3:-basicConstraints=CA:FALSE}") 2>/dev/null
}
client() { # NAME SUBJECT: a certificate and the kubeconfig that uses it
  sign "$1" "$2"
  cat >"pki/$1.conf" <<END
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:6443", certificate-authority: $CLUSTER/pki/ca.crt}}]
users: [{name: $1, user: {client-certificate: $CLUSTER/pki/$1.crt, client-key: $CLUSTER/pki/$1.key}}]
contexts: [{name: test, context: {cluster: test, user: $1}}]
current-context: test
END
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout pki/ca.key -out pki/ca.crt -subj /CN=test -days 365 2>/dev/null
openssl genrsa -out pki/accounts.key 2048 2>/dev/null
openssl rsa -in pki/accounts.key -pubout -out pki/accounts.pub 2>/dev/null
sign apiserver /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:$address,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default.svc"
sign kubelet-serving /CN=n1 "subjectAltName=IP:$address,IP:127.0.0.1,DNS:n1"
client admin /O=system:masters/CN=admin
client to-kubelet /O=system:masters/CN=to-kubelet
client controller-manager /O=system:masters/CN=controller-manager
client scheduler /O=system:masters/CN=scheduler
client kubelet /O=system:nodes/CN=system:node:n1

# The container runtime. restrict_oom_score_adj: this may be a place without CAP_SYS_RESOURCE.
cat >containerd.toml <<END
version = 2
root = "$CLUSTER/containerd"
state = "$CLUSTER/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt",
]
[grpc]
  address = "$CLUSTER/run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.local/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$CLUSTER/cni"
END
cat >cni/bridge.conflist <<END
{"cniVersion": "1.0.0", "name": "test", "plugins": [{"type": "bridge", "bridge": "node0", "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "$CLUSTER/run/ipam", "routes": [{"dst": "0.0.0.0/0"}],
    "ranges": [[{"subnet": "10.244.0.0/24", "rangeStart": "10.244.0.10", "gateway": "$address"}]]}}]}
END
# Unpacked layers and their contents are only ever read: links do. The databases are written to.
cp -al "$unpacked" containerd 2>/dev/null || { rm -rf containerd; cp -a "$unpacked" containerd; }
find containerd -name '*.db' -exec sh -c 'cp "$1" "$1.own" && mv "$1.own" "$1"' sh {} \;
start containerd containerd -c containerd.toml -l warn
# The control plane.
start etcd etcd --data-dir etcd --unsafe-no-fsync --log-level warn --initial-cluster default=http://127.0.0.1:2380 \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380
start kube-apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --secure-port=6443 \
  --advertise-address=$address --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true --cert-dir=pki \
  --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key --client-ca-file=pki/ca.crt \
  --service-account-issuer=https://127.0.0.1:6443/ --service-account-key-file=pki/accounts.pub \
  --service-account-signing-key-file=pki/accounts.key \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
  --kubelet-preferred-address-types=InternalIP --kubelet-certificate-authority=pki/ca.crt \
  --kubelet-client-certificate=pki/to-kubelet.crt --kubelet-client-key=pki/to-kubelet.key
until_works kubectl get --raw /readyz
start kube-controller-manager kube-controller-manager --kubeconfig=pki/controller-manager.conf --leader-elect=false \
  --bind-address=127.0.0.1 --cert-dir=pki --root-ca-file=pki/ca.crt --service-account-private-key-file=pki/accounts.key
start kube-scheduler kube-scheduler --kubeconfig=pki/scheduler.conf --leader-elect=false --bind-address=127.0.0.1 --cert-dir=pki

# The kubelet. Control groups of version 1: a group in each hierarchy, which must name its processors and memory itself.
legacy=
if [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
  legacy='failCgroupV1: false'
  for hierarchy in /sys/fs/cgroup/*/; do mkdir -p "$hierarchy$group" 2>/dev/null || true; done
  for file in cpuset.cpus cpuset.mems; do
    cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$group/$file"
  done
fi
cat >kubelet.yaml <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
$legacy
address: $address
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $CLUSTER/pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$group
clusterDNS: [$names]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://$CLUSTER/run/containerd.sock
enforceNodeAllocatable: []
evictionHard: {memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%", nodefs.inodesFree: "1%"}
failSwapOn: false
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
resolvConf: $CLUSTER/resolv.conf
syncFrequency: 2s
tlsCertFile: $CLUSTER/pki/kubelet-serving.crt
tlsPrivateKeyFile: $CLUSTER/pki/kubelet-serving.key
END
start kubelet kubelet --config=kubelet.yaml --kubeconfig=pki/kubelet.conf --hostname-override=n1 --node-ip=$address \
  --root-dir="$CLUSTER/kubelet"
until_works kubectl wait --for=condition=Ready node/n1 --timeout=1s
until_works kubectl get serviceaccount default
[ -z "$PARTS" ] || . "$here/network.sh"

cd "$caller"
code=0
"$@" || code=$?
exit "$code"
