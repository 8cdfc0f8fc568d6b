# attempts.sh SECONDS DOOR...: tries all doors at once and prints a line for each: yes or no, and the door. A door is KIND|HOST|PORT:
#   http    a page is asked for
#   tcp     a connection is made
#   udp     a name is asked of it, as of any name server
#   lookup  the name HOST is asked of the name server, by UDP
#   stream  the same by TCP, as RFC 1035 has it: of `kubernetes.default.svc.cluster.local`, whose address is 10.96.0.1
limit=$1
shift
query='\0\066\0\1\1\0\0\1\0\0\0\0\0\0\012kubernetes\7default\3svc\7cluster\5local\0\0\1\0\1'
for door; do
  {
    rest=${door#*|}
    host=${rest%|*} port=${rest##*|}
    case $door in
      http*) timeout "$limit" wget -qO- "http://$host:$port/" ;;
      tcp*) timeout "$limit" nc "$host" "$port" </dev/null ;;
      udp*) timeout "$limit" nslookup here.example "$host:$port" ;;
      lookup*) timeout "$limit" nslookup "$host" ;;
      stream*) { printf "$query"; sleep 1; } | timeout "$limit" nc 10.96.0.10 53 | tail -c 4 | hexdump -C | grep -q '0a 60 00 01' ;;
    esac >/dev/null 2>&1 && echo "yes $door" || echo "no $door"
  } &
done
wait
