//! Observed flows through the binary: each format, who is behind a name or an address, what is left out and said, what they
//! prove, and what policies would cut off.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{Place, Ran};
use serde_json::Value;

const SHOP: &str = include_str!("../testdata/network/flows/shop.yaml");

fn shop() -> Place {
    let place = Place::new();
    place.write("shop.yaml", SHOP);
    place
}

/// The flows that `network graph` shows with this listing, a line each with single blanks, and the run.
fn graph(listing: &str) -> (Vec<String>, Ran) {
    let place = shop();
    place.write("seen", listing);
    let ran = place.run("network graph -f shop.yaml --flows seen");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(place.run("network graph -f shop.yaml --flows seen").out, ran.out);
    let lines = ran.out.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    (lines, ran)
}

/// Those of them that are known by the listing.
fn observed(listing: &str) -> (Vec<String>, String) {
    let (lines, ran) = graph(listing);
    (lines.into_iter().filter(|line| line.contains("observed: ")).collect(), ran.err)
}

const WEB_TO_DB: &str = "Deployment shop/web StatefulSet shop/db TCP 5432 observed: 1 flow in seen";
const WEB_TO_API: &str = "Deployment shop/web Deployment shop/api TCP 3000 observed: 1 flow in seen";

#[test]
fn an_end_is_a_name_or_an_address_of_a_workload_a_pod_or_a_service() {
    for source in [
        "shop/web",
        "shop/deploy/web",
        "shop/web-7d4b9c6f5-x2x9z",
        "shop/pod/web-7d4b9c6f5-x2x9z",
        "10.244.1.7",
        "fd00::7",
        "::ffff:10.244.1.7",
    ] {
        for (destination, port) in
            [("shop/db", 5432), ("shop/svc/db", 5432), ("10.96.0.5", 5432), ("10.244.1.8", 5432), ("shop/db-0", 5432)]
        {
            let (seen, err) =
                observed(&format!("source,destination,port,protocol\n{source},{destination},{port},TCP\n"));
            assert_eq!(seen, [WEB_TO_DB], "{source} {destination} {err}");
        }
        // Policies see the port of the pods, not that of the Service.
        for (destination, port) in
            [("shop/api", 3000), ("shop/service/api", 80), ("10.96.0.6", 80), ("10.244.1.9", 3000)]
        {
            let (seen, err) = observed(&format!("source,destination,port\n{source},{destination},{port}/tcp\n"));
            assert_eq!(seen, [WEB_TO_API], "{source} {destination} {err}");
        }
    }
}

#[test]
fn what_is_assumed_is_proven_and_the_rest_stays_or_goes() {
    let listing = "source;destination;port;count\nshop/web;shop/db;5432;2\n\"shop/web\";shop/db-0;5432;1\n";
    let (lines, _) = graph(listing);
    assert!(lines.contains(&WEB_TO_DB.replace("1 flow ", "3 flows ")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("Deployment shop/web StatefulSet shop/db TCP 5432 assumed")));
    let assumed = "Deployment shop/api StatefulSet shop/db TCP 5432 assumed: ";
    assert!(lines.iter().any(|line| line.starts_with(assumed)), "{lines:?}");

    let place = shop();
    place.write("seen", listing);
    let only = place.run("network policies -f shop.yaml --flows seen --observed-only");
    assert_eq!(only.code, 0, "{only:?}");
    assert!(!only.out.contains("assumed"), "{}", only.out);
    assert!(only.out.contains("from Deployment shop/web, TCP 5432: observed: 3 flows in seen"), "{}", only.out);
    assert!(
        only.err
            .contains("note: not observed, so left out: to StatefulSet shop/db, TCP 5432, from Deployment shop/api: "),
        "{}",
        only.err
    );
    // Without them the edge is an assumed one, and what is known by the manifests stays either way.
    let plain = place.run("network policies -f shop.yaml").out;
    assert!(plain.contains("assumed: |") && !plain.contains("observed"), "{plain}");
    assert!(only.out.contains("from anywhere, TCP 8080: Service shop/web is of type NodePort"), "{}", only.out);
    let alone = place.run("network policies -f shop.yaml --observed-only");
    assert_eq!(alone.code, 2, "{alone:?}");
}

#[test]
fn outside_hosts_are_no_single_addresses_and_clients_of_an_exposed_port_need_none() {
    let mut listing = "source,destination,port,protocol\n".to_owned();
    for last in 1..=200 {
        listing.push_str(&format!("203.0.113.{last},shop/web,8080,TCP\nshop/web,198.51.100.{last},443,TCP\n"));
    }
    listing.push_str("shop/web,10.50.0.0/24,1433,TCP\nshop/web,10.60.0.1/32,1433,UDP\n");
    let (seen, err) = observed(&listing);
    assert_eq!(
        seen,
        [
            "Deployment shop/web 10.60.0.1 UDP 1433 observed: 1 flow in seen",
            "Deployment shop/web 10.50.0.0/24 TCP 1433 observed: 1 flow in seen",
            "Deployment shop/web public addresses TCP 443 observed: 200 flows in seen",
            "anywhere Deployment shop/web TCP 8080 Service shop/web is of type NodePort; observed: 200 flows in seen",
        ],
        "{err}"
    );
    let place = shop();
    place.write("seen", listing);
    let policies = place.run("network policies -f shop.yaml --flows seen");
    assert_eq!(policies.code, 0, "{policies:?}");
    assert!(!policies.out.contains("203.0.113") && !policies.out.contains("198.51.100"), "{}", policies.out);
}

#[test]
fn who_is_nobody_is_counted_and_told() {
    let listing = "source,destination,port,protocol,count\n\
        shop/api,10.1.2.3,99,TCP,7\n10.9.9.9,shop/api,3000,TCP,1\n192.168.9.1,shop/web,8080,TCP,30\nshop/web,10.96.0.10,53,UDP,8\n\
        shop/web,127.0.0.1,80,TCP,2\nother/a,other/b,80,TCP,3\n192.168.9.1,shop/api,3000,TCP,1\nmonitoring/prometheus-0,shop/web,9090,TCP,1\n";
    let (seen, err) = observed(listing);
    assert_eq!(
        seen,
        [
            "all pods of namespace monitoring Deployment shop/web TCP 9090 observed: 1 flow in seen",
            "anywhere Deployment shop/api TCP 3000 observed: 1 flow in seen",
        ],
        "{err}"
    );
    assert!(
        err.contains(
            "note: seen: 2 flows used; left out: 2 to the pod itself or to many hosts, 8 for name resolution, which all pods may do, \
             30 from nodes to probed ports, 3 between others than the workloads of the input\n"
        ),
        "{err}"
    );
    assert!(
        err.contains("seen: 8 flows left out, as nobody of the input is known to be 10.1.2.3, 10.9.9.9; add the Pods"),
        "{err}"
    );
    assert!(err.contains("no selector names, so these take all sources: Deployment shop/api TCP 3000"), "{err}");
    assert!(
        err.contains("are not part of the input, so what is allowed is by these: all pods of namespace monitoring"),
        "{err}"
    );
}

/// A flow of Hubble with these fields beside its ends.
fn hubble(from: &str, to: &str, rest: &str) -> String {
    format!(
        "{{\"flow\":{{{rest},\"IP\":{{\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"}},\"source\":{from},\"destination\":{to}}},\"node_name\":\"n\"}}\n"
    )
}

#[test]
fn flows_of_hubble() {
    let web = r#"{"namespace":"shop","labels":["k8s:app=web","k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"web-7d4b9c6f5-x2x9z","workloads":[{"name":"web","kind":"Deployment"}]}"#;
    let db = r#"{"namespace":"shop","labels":["k8s:app=db"],"pod_name":"db-0"}"#;
    let world = r#"{"labels":["reserved:world"]}"#;
    let scraper = r#"{"namespace":"monitoring","labels":["k8s:app.kubernetes.io/name=prometheus","k8s:io.cilium.k8s.policy.cluster=c","k8s:pod-template-hash=1"],"pod_name":"p"}"#;
    let server = r#"{"labels":["reserved:kube-apiserver","reserved:remote-node"]}"#;
    let tcp = |port: u16| format!("\"l4\":{{\"TCP\":{{\"source_port\":40000,\"destination_port\":{port}}}}}");
    let passed = |port: u16| format!("\"verdict\":\"FORWARDED\",\"is_reply\":false,{}", tcp(port));
    let mut listing = hubble(web, db, &passed(5432));
    listing += &hubble(web, db, &format!("\"verdict\":\"REDIRECTED\",\"event_type\":{{\"type\":5}},{}", tcp(5432)));
    listing += &hubble(
        web,
        db,
        &format!(
            "\"verdict\":\"FORWARDED\",\"l4\":{{\"TCP\":{{\"destination_port\":5432,\"flags\":{{\"SYN\":true}}}}}}"
        ),
    );
    listing += &hubble(db, web, &format!("\"verdict\":\"FORWARDED\",\"is_reply\":true,{}", tcp(40000)));
    listing += &hubble(web, db, &format!("\"verdict\":\"DROPPED\",{}", tcp(22)));
    listing += &hubble(web, db, &format!("\"verdict\":\"TRACED\",{}", tcp(23)));
    listing += &hubble(web, db, &format!("\"verdict\":\"FORWARDED\",{}", tcp(24)));
    listing += &hubble(web, db, "\"verdict\":\"FORWARDED\",\"is_reply\":false,\"l4\":{\"ICMPv4\":{\"type\":8}}");
    listing += &hubble(scraper, web, &passed(9090));
    listing += &hubble(web, world, &passed(443));
    listing += &hubble(web, server, &passed(6443));
    listing += "{\"lost_events\":{\"num_events_lost\":3},\"node_name\":\"n\"}\n";
    let (seen, err) = observed(&listing);
    assert_eq!(
        seen,
        [
            "Deployment shop/web StatefulSet shop/db TCP 5432 observed: 3 flows in seen",
            "Deployment shop/web 10.0.0.2 TCP 443 observed: 1 flow in seen",
            "Deployment shop/web anywhere TCP 443, 6443 observed: 1 flow in seen",
            "pods app.kubernetes.io/name=prometheus of namespace monitoring Deployment shop/web TCP 9090 observed: 1 flow in seen",
        ],
        "{err}"
    );
    assert!(
        err.contains(
            "note: seen: 6 flows used; left out: 1 replies, 1 dropped, 1 without a verdict, 1 that may be requests or replies, \
             1 of protocols other than TCP, UDP and SCTP, 1 events of another kind\n"
        ),
        "{err}"
    );
    // Older versions print the flow itself.
    let bare: Value = serde_json::from_str(listing.lines().next().unwrap()).unwrap();
    assert_eq!(observed(&format!("{}\n", bare["flow"])).0, [WEB_TO_DB]);
}

#[test]
fn listings_of_connection_tracking() {
    let own = "src=10.244.1.7 dst=10.96.0.6 sport=40000 dport=80";
    let reply = "src=10.244.1.9 dst=10.244.1.7 sport=3000 dport=40000";
    let lines = [
        format!("tcp      6 118 ESTABLISHED {own} {reply} [ASSURED] mark=0 use=1"),
        format!("ipv4     2 tcp      6 118 TIME_WAIT {own} {reply} [ASSURED] mark=0 zone=0 use=2"),
        format!("tcp      6 118 SYN_SENT {} [UNREPLIED] {reply} mark=0 use=1", own.replace("dport=80", "dport=81")),
        "udp      17 29 src=10.244.1.7 dst=10.96.0.10 sport=5 dport=53 src=10.244.0.2 dst=10.244.1.7 sport=53 dport=5 use=1".to_owned(),
        "icmp     1 29 src=10.244.1.7 dst=10.244.1.9 type=8 code=0 id=1 src=10.244.1.9 dst=10.244.1.7 type=0 code=0 id=1 use=1".to_owned(),
        "tcp      6 9 CLOSE src=10.244.1.7 dst=10.244.7.7 sport=5 dport=9 src=10.244.7.7 dst=10.244.1.7 sport=9 dport=5 use=1".to_owned(),
        "conntrack v1.4.8 (conntrack-tools): 6 flow entries have been shown.".to_owned(),
    ];
    let (seen, err) = observed(&lines.join("\n"));
    assert_eq!(seen, [WEB_TO_API.replace("1 flow ", "2 flows ")], "{err}");
    assert!(
        err.contains(
            "2 flows used; left out: 1 unanswered, 1 of protocols other than TCP, UDP and SCTP, 1 for name resolution"
        ),
        "{err}"
    );
    assert!(err.contains("1 flow left out, as nobody of the input is known to be 10.244.7.7;"), "{err}");
}

#[test]
fn flow_logs_of_calico_and_netobserv() {
    let calico = "start_time,source_type,source_namespace,source_name,source_name_aggr,source_ip,dest_type,dest_namespace,dest_name,dest_name_aggr,dest_ip,dest_port,proto,action,reporter,num_flows\n\
        1,wep,shop,-,web-7d4b9c6f5-*,-,wep,shop,db-0,db-*,10.244.1.8,5432,tcp,allow,src,4\n\
        1,wep,shop,web-7d4b9c6f5-x2x9z,web-7d4b9c6f5-*,-,net,-,-,pub,-,443,tcp,allow,src,2\n\
        1,wep,shop,-,web-7d4b9c6f5-*,-,wep,shop,db-0,db-*,-,22,tcp,deny,dst,9\n\
        1,hep,-,node-1,-,192.168.9.1,wep,shop,web-7d4b9c6f5-x2x9z,-,-,8080,tcp,allow,dst,5\n";
    let (seen, err) = observed(calico);
    assert_eq!(
        seen,
        [
            "Deployment shop/web StatefulSet shop/db TCP 5432 observed: 4 flows in seen",
            "Deployment shop/web public addresses TCP 443 observed: 2 flows in seen",
        ],
        "{err}"
    );
    assert!(err.contains("left out: 9 dropped, 5 from nodes to probed ports\n"), "{err}");
    // Rows of NetObserv go both ways: what is declared, and else the range of ports, tells which is which.
    let netobserv = "SrcAddr,SrcPort,SrcK8S_Namespace,SrcK8S_Name,SrcK8S_Type,SrcK8S_OwnerName,SrcK8S_OwnerType,DstAddr,DstPort,DstK8S_Namespace,DstK8S_Name,DstK8S_Type,DstK8S_OwnerName,DstK8S_OwnerType,Proto\n\
        10.244.1.7,40000,shop,web-7d4b9c6f5-x2x9z,Pod,web,Deployment,10.96.0.6,80,shop,api,Service,api,Service,6\n\
        10.96.0.6,80,shop,api,Service,api,Service,10.244.1.7,40000,shop,web-7d4b9c6f5-x2x9z,Pod,web,Deployment,6\n\
        10.244.1.7,40001,shop,web-7d4b9c6f5-x2x9z,Pod,web,Deployment,10.244.1.8,9187,shop,db-0,Pod,db,StatefulSet,6\n\
        10.244.1.8,9187,shop,db-0,Pod,db,StatefulSet,10.244.1.7,40001,shop,web-7d4b9c6f5-x2x9z,Pod,web,Deployment,6\n\
        10.244.1.8,7000,shop,db-0,Pod,db,StatefulSet,10.244.1.7,7000,shop,web-7d4b9c6f5-x2x9z,Pod,web,Deployment,6\n\
        10.244.1.8,,shop,db-0,Pod,db,StatefulSet,10.244.1.7,,shop,web-7d4b9c6f5-x2x9z,Pod,web,Deployment,1\n";
    let wanted = [WEB_TO_API, "Deployment shop/web StatefulSet shop/db TCP 9187 observed: 1 flow in seen"];
    let (seen, err) = observed(netobserv);
    assert_eq!(seen, wanted, "{err}");
    assert!(err.contains("left out: 2 replies, 1 that may be requests or replies, 1 of protocols other than"), "{err}");
    // The same as JSON, an object a line.
    let mut lines = netobserv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let objects: Vec<String> = lines
        .map(|line| {
            let fields = names.iter().zip(line.split(',')).filter(|(_, value)| !value.is_empty());
            let fields = fields.map(|(name, value)| {
                ((*name).to_owned(), value.parse::<u64>().map_or_else(|_| value.into(), Value::from))
            });
            Value::from(fields.collect::<serde_json::Map<_, _>>()).to_string()
        })
        .collect();
    assert_eq!(observed(&objects.join("\n")).0, wanted);
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_line() {
    let heading = "source,destination,port,protocol";
    let hubble = hubble("{}", "{}", "\"verdict\":\"FORWARDED\"");
    for (listing, wanted) in [
        ("hello\n".to_owned(), "seen:1: expected CSV with a heading such as source,destination,port,protocol"),
        ("a,b,c\n".to_owned(), "seen:1: there is no column for the source"),
        ("source,destination\n".to_owned(), "seen:1: there is no column for the port"),
        ("source,destination,port,Source\n".to_owned(), "seen:1: there are two columns \"Source\""),
        (format!("{heading}\n\nshop/web,shop/db,5432\n"), "seen:3: expected 4 values as in the first line, found 3"),
        (format!("{heading}\nshop/web,shop/db,x,TCP\n"), "seen:2: expected a port from 1 to 65535, found \"x\""),
        (format!("{heading}\nshop/web,shop/db,,TCP\n"), "seen:2: expected a port, found none"),
        (format!("{heading}\nweb,shop/db,1,TCP\n"), "seen:2: source: expected NAMESPACE/NAME"),
        (format!("{heading}\nshop/web,\"shop/db,1,TCP\n"), "seen:2: a quoted value does not end"),
        (format!("{heading},verdict\nshop/web,shop/db,1,TCP,maybe\n"), "seen:2: unknown verdict \"maybe\""),
        (format!("{heading},count\nshop/web,shop/db,1,TCP,-1\n"), "seen:2: expected a number of flows, found \"-1\""),
        ("{\"flow\":{}\n".to_owned(), "seen:1: expected one JSON object a line"),
        ("{\"a\":1}\n".to_owned(), "seen:1: expected a flow of Hubble"),
        (format!("{hubble}{}", hubble.replace("FORWARDED", "WONDERED")), "seen:2: unknown verdict \"WONDERED\""),
        (format!("{hubble}source,destination\n"), "seen:2: expected one JSON object a line"),
        (
            "tcp 6 1 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2\n".to_owned(),
            "seen:1: expected a line of conntrack -L with src= of its replies",
        ),
        (format!("{heading}\n{}", "x".repeat((1 << 20) + 1)), "seen:2: the line is longer than 1048576 bytes"),
    ] {
        let place = shop();
        place.write("seen", &listing);
        let ran = place.run("network graph -f shop.yaml --flows seen");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wanted} {}", ran.err);
        assert!(ran.err.starts_with(&format!("error: {wanted}")), "{wanted}\n{}", ran.err);
    }
    let place = shop();
    place.write("seen", [b"source,destination,port\n".as_slice(), b"\xff,a,1\n"].concat());
    assert!(place.run("network graph -f shop.yaml --flows seen").err.starts_with("error: seen:2: it is no UTF-8"));
    let ran = place.run("network check -f shop.yaml --flows nowhere");
    assert!(ran.code == 2 && ran.err.starts_with("error: nowhere: cannot be read: "), "{ran:?}");
    // A name that may mean several.
    let twice = format!(
        "{SHOP}---\n{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: web, namespace: shop}}, spec: {{template: {{spec: {{containers: [{{name: a, image: a}}]}}}}}}}}\n"
    );
    place.write("twice.yaml", twice);
    place.write("seen", "source,destination,port\nshop/web,shop/db,5432\n");
    let ran = place.run("network graph -f twice.yaml --flows seen");
    let wanted = "error: seen:2: shop/web may be any of shop/daemonset/web, shop/deployment/web: say which\n";
    assert!(ran.code == 2 && ran.err.starts_with(wanted), "{ran:?}");
}

#[test]
fn a_listing_may_come_through_standard_input_once() {
    let place = shop();
    let listing = "source,destination,port\nshop/web,shop/db,5432\n";
    let ran = place.run_with("network graph -f shop.yaml --flows -", listing);
    assert!(ran.out.contains("observed: 1 flow in <stdin>"), "{ran:?}");
    place.write("one.csv", listing);
    let both = place.run_with("network graph -f shop.yaml --flows one.csv --flows -", listing);
    assert!(both.out.contains("observed: 1 flow in one.csv, 1 flow in <stdin>"), "{both:?}");
    for line in [
        "network graph -f - --flows -",
        "network check -f - --flows -",
        "network check -f shop.yaml --flows - --flows -",
    ] {
        let ran = place.run_with(line, SHOP);
        assert!(ran.code == 2 && ran.err.contains("standard input can be read only once"), "{line} {ran:?}");
    }
    let ran = place.run("network check -f shop.yaml --flows one.csv --against shop.yaml");
    assert!(ran.code == 2 && ran.err.contains("two questions"), "{ran:?}");
}

const DENY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: api}}}, {ipBlock: {cidr: 203.0.113.0/24}}]
    ports: [{port: 5432}]
";

#[test]
fn check_tells_which_observed_flows_policies_would_cut_off() {
    let place = shop();
    place.write("deny.yaml", DENY);
    place.write("seen.csv", "source,destination,port,count\nshop/web,shop/db,5432,3\nshop/api,shop/db,5432,1\nshop/api,shop/db,9187,1\n203.0.113.7,shop/db,5432,1\n198.51.100.7,shop/db,5432,1\nmonitoring/p,shop/db,9187,1\n");
    let ran = place.run("network check -f shop.yaml -f deny.yaml --flows seen.csv");
    let lines: Vec<String> =
        ran.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let by = "NetworkPolicy shop/db isolates the pod for ingress, and none of its rules allows it";
    assert_eq!(
        lines,
        [
            "FROM TO PORT FLOWS CUT OFF BY".to_owned(),
            format!("Deployment shop/api StatefulSet shop/db TCP 9187 1 {by}"),
            format!("Deployment shop/web StatefulSet shop/db TCP 5432 3 {by}"),
            format!("outside addresses 0.0.0.0-203.0.112.255 StatefulSet shop/db TCP 5432 1 {by}"),
        ],
        "{ran:?}"
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("note: not judged, as an end is a pod that is not part of the input: all pods of namespace monitoring to StatefulSet shop/db, TCP 9187\n"), "{}", ran.err);
    assert!(ran.err.ends_with("5 observed connections judged: 3 would be cut off\n"), "{}", ran.err);
    assert_eq!(place.run("network check -f shop.yaml -f deny.yaml --flows seen.csv --fail-on never").code, 0);
    assert_eq!(place.run("network check -f shop.yaml --flows seen.csv").code, 0);
    let told: Value =
        serde_json::from_str(&place.run("network check -f shop.yaml -f deny.yaml --flows seen.csv -o json").out)
            .unwrap();
    let cut = &told["cut"][1];
    assert_eq!(
        (&cut["port"], &cut["protocol"], &cut["flows"]["seen.csv"]),
        (&5432.into(), &"TCP".into(), &3.into()),
        "{told}"
    );
    assert_eq!(
        (&cut["reasons"][0]["policies"][0]["file"], &cut["reasons"][0]["policies"][0]["line"]),
        (&"deny.yaml".into(), &4.into()),
        "{told}"
    );
    // What was made of the flows cuts none of them off.
    let made = place.run("network policies -f shop.yaml --flows seen.csv --observed-only");
    place.write("made.yaml", made.out);
    let ran = place.run("network check -f shop.yaml -f made.yaml --flows seen.csv");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
}
