#!/usr/bin/env bash
# enforcement.sh on|off: whether the enforcer sees the first packet of each connection that pods begin or take; inside of a cluster with
# a network. Off is the control: policies stand there and nobody looks at them.
set -euo pipefail
rule() { iptables -w -t mangle "$@"; }
case $1 in
  on)
    rule -N JUDGED
    # What the node begins is allowed whatever policies say: probes, mostly.
    rule -A JUDGED -m addrtype --src-type LOCAL -j RETURN
    rule -A JUDGED -m conntrack --ctstate NEW -j NFQUEUE --queue-num 100
    # After addresses of Services were replaced; and what pods send to the node.
    rule -A POSTROUTING -j JUDGED
    rule -A INPUT -s 10.244.0.0/24 -j JUDGED
    ;;
  off)
    rule -D POSTROUTING -j JUDGED
    rule -D INPUT -s 10.244.0.0/24 -j JUDGED
    rule -F JUDGED
    rule -X JUDGED
    ;;
esac
