# Sourced by node.sh: addresses of Services (kube-proxy), names (CoreDNS, as a pod like any cluster's), policies that are enforced, and a
# host outside of the cluster, 198.51.100.2 and 198.51.100.3, that answers on four ports.
bridged=/proc/sys/net/bridge/bridge-nf-call-iptables
# Without it two pods on the bridge pass by every rule.
echo 1 2>/dev/null >$bridged || { echo "test cluster: this kernel has no br_netfilter" >&2; exit 75; }

# The limits of connection tracking are the whole machine's.
start kube-proxy "$PARTS/kube-proxy" --kubeconfig=pki/admin.conf --hostname-override=n1 --proxy-mode=nftables \
  --cluster-cidr=10.244.0.0/24 --metrics-bind-address=127.0.0.1:10249 --healthz-bind-address=127.0.0.1:10256 \
  --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0s --conntrack-tcp-timeout-close-wait=0s
kubectl apply -f "$here/nameserver.yaml" >/dev/null
start enforcer "$PARTS/enforcer" --kubeconfig=pki/admin.conf --node=n1 --queue=100
until_works grep -q '^ *100 ' /proc/net/netfilter/nfnetlink_queue
"$here/enforcement.sh" on || exit 75

start outside unshare --net python3 "$here/outside.py" 25 80 443 8443
OUTSIDE=$!
export OUTSIDE
until [ "$(readlink /proc/$OUTSIDE/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link add out0 type veth peer name eth0 netns "$OUTSIDE"
ip address add 198.51.100.1/24 dev out0
ip link set out0 up
nsenter --target "$OUTSIDE" --net sh -ec '
  ip link set lo up
  ip address add 198.51.100.2/24 dev eth0
  ip address add 198.51.100.3/24 dev eth0
  ip link set eth0 up
  ip route add default via 198.51.100.1'

until_works curl -sf -o /dev/null http://127.0.0.1:10256/healthz
kubectl --namespace kube-system rollout status deployment/coredns --timeout=60s >/dev/null
