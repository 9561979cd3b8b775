#!/bin/sh
# The measure for "three modes proven": what the kernel's own selftest of IPVS does (net/netfilter/ipvs.sh), written
# anew from its description. In each mode three namespaces, one real server, 32 random bytes from client to server,
# compared. Run as root of a guest; needs ip_vs, ipip, nc.
set -e
modprobe -a ip_vs ip_vs_rr ipip
in_ns() { ns=$1; shift; ip netns exec "$ns" "$@"; }
for mode in nat dr tun; do
  for ns in t0 t1 t2; do ip netns add $ns; ip -n $ns link set lo up; done
  ip link add c0 netns t0 type veth peer name d0 netns t1
  ip link add d1 netns t1 type veth peer name s0 netns t2
  for at in 't0 c0 10.9.0.1' 't1 d0 10.9.0.2' 't1 d1 10.9.1.2' 't2 s0 10.9.1.3'; do
    set -- $at
    ip -n "$1" addr add "$3/24" dev "$2"
    ip -n "$1" link set "$2" up
  done
  ip -n t0 route add 198.18.0.1 via 10.9.0.2
  ip -n t1 addr add 198.18.0.1/32 dev lo
  ip -n t2 route add default via 10.9.1.2
  for ns in t1 t2; do in_ns $ns sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.all.accept_local=1; done
  in_ns t1 sysctl -qw net.ipv4.conf.d1.accept_local=1 net.ipv4.conf.d1.rp_filter=0
  in_ns t1 ipvsadm -A -t 198.18.0.1:8080 -s rr
  case $mode in
    nat) flag=-m ;;
    dr) flag=-g; ip -n t2 addr add 198.18.0.1/32 dev lo ;;
    tun)
      flag=-i
      in_ns t2 ip link show tunl0 >/dev/null 2>&1 || ip -n t2 link add tunl0 type ipip
      ip -n t2 link set tunl0 up
      in_ns t2 sysctl -qw net.ipv4.conf.tunl0.rp_filter=0
      ip -n t2 addr add 198.18.0.1/32 dev lo
      ;;
  esac
  in_ns t1 ipvsadm -a -t 198.18.0.1:8080 -r 10.9.1.3:8080 $flag
  head -c 32 /dev/urandom >/tmp/sent
  in_ns t2 timeout 5 nc -l 8080 >/tmp/got &
  server=$!
  sleep 0.2
  in_ns t0 timeout 5 nc -N 198.18.0.1 8080 </tmp/sent
  wait $server
  cmp /tmp/sent /tmp/got
  for ns in t0 t1 t2; do ip netns del $ns; done
done
