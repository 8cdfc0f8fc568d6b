//! Each format: what counts of it, and what is left out.

use super::{WEB_TO_API, WEB_TO_DB, observed};
use serde_json::Value;

/// A flow of Hubble with these fields beside its ends.
pub(crate) fn hubble(from: &str, to: &str, rest: &str) -> String {
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
    listing += &hubble(web, db, r#""verdict":"FORWARDED","l4":{"TCP":{"destination_port":5432,"flags":{"SYN":true}}}"#);
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
            "Deployment shop/web API server, at any address TCP 443, 6443 observed: 1 flow in seen",
            "pods app.kubernetes.io/name=prometheus of namespace monitoring Deployment shop/web TCP 9090 observed: 1 flow in seen",
        ],
        "{err}"
    );
    assert!(
        err.contains(
            "note: seen: 6 flows used; left out: 1 reply, 1 dropped, 1 without a verdict, 1 that may be requests or replies, \
             1 of protocols other than TCP, UDP and SCTP, 1 event of another kind\n"
        ),
        "{err}"
    );
    // Older versions print the flow itself.
    let bare: Value = serde_json::from_str(listing.lines().next().unwrap()).unwrap();
    assert_eq!(observed(&format!("{}\n", bare["flow"])).0, [WEB_TO_DB]);
}

#[test]
fn only_the_node_of_a_pod_probes_it() {
    let web =
        r#"{"namespace":"shop","pod_name":"web-7d4b9c6f5-x2x9z","workloads":[{"name":"web","kind":"Deployment"}]}"#;
    let passed = r#""verdict":"FORWARDED","is_reply":false,"l4":{"TCP":{"destination_port":8080}}"#;
    let from = |name: &str| hubble(&format!("{{\"labels\":[\"reserved:{name}\"]}}"), web, passed);
    let listing: String = ["host", "health", "remote-node", "ingress"].map(from).concat();
    let (_, err) = observed(&listing);
    assert!(err.contains("note: seen: 2 flows used; left out: 2 from nodes to probed ports\n"), "{err}");
}

#[test]
fn events_of_connection_tracking() {
    let ends = |state: &str| {
        format!(
            "src=10.244.1.7 dst=10.96.0.6 sport=40000 dport=80{state} src=10.244.1.9 dst=10.244.1.7 sport=3000 dport=40000"
        )
    };
    let listing = format!(
        "    [NEW] tcp      6 120 SYN_SENT {}\n [UPDATE] tcp      6 432000 ESTABLISHED {} [ASSURED]\n",
        ends(" [UNREPLIED]"),
        ends("")
    );
    let (seen, err) = observed(&listing);
    assert_eq!(seen, [WEB_TO_API], "{err}");
    assert!(err.contains("note: seen: 1 flow used; left out: 1 unanswered\n"), "{err}");
}

#[test]
fn listings_of_connection_tracking() {
    let own = "src=10.244.1.7 dst=10.96.0.6 sport=40000 dport=80";
    let reply = "src=10.244.1.9 dst=10.244.1.7 sport=3000 dport=40000";
    let lines = [
        format!("tcp      6 118 ESTABLISHED {own} {reply} [ASSURED] mark=0 use=1"),
        format!("ipv4     2 tcp      6 118 TIME_WAIT {own} {reply} [ASSURED] mark=0 zone=0 use=2"),
        format!("tcp      6 118 SYN_SENT {} [UNREPLIED] {reply} mark=0 use=1", own.replace("dport=80", "dport=81")),
        "udp      17 29 src=10.244.1.7 dst=169.254.20.10 sport=5 dport=53 src=169.254.20.10 dst=10.244.1.7 sport=53 dport=5 use=1".to_owned(),
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
fn networks_that_calico_adds_up_are_told() {
    let listing = "source_type,source_namespace,source_name_aggr,source_ip,dest_type,dest_namespace,dest_name_aggr,dest_ip,dest_port,proto,action,num_flows\n\
        net,-,pvt,-,wep,shop,db-*,-,5432,tcp,allow,3\n\
        wep,shop,web-7d4b9c6f5-*,-,net,-,pvt,-,443,tcp,allow,2\n\
        wep,shop,web-7d4b9c6f5-*,-,ns,-,partners,-,443,tcp,allow,1\n\
        wep,shop,web-7d4b9c6f5-*,-,wep,shop,db-*,-,5432,tcp,allow,1\n";
    let (seen, err) = observed(listing);
    assert_eq!(seen, [WEB_TO_DB], "{err}");
    assert!(
        err.contains(
            "seen: 6 flows left out, as nobody of the input is known to be private addresses that the log does not name, \
             addresses of network partners that the log does not name;"
        ),
        "{err}"
    );
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
