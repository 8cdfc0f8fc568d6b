//! Observed flows through the binary: who is behind a name or an address, what is left out and said, and what they prove.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

#[path = "../common/mod.rs"]
mod common;
mod cut;
mod formats;
mod told;
mod unreadable;

use common::{Place, Ran};

const SHOP: &str = include_str!("../../testdata/network/flows/shop.yaml");

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
        shop/api,10.1.2.3,99,TCP,7\n10.9.9.9,shop/api,3000,TCP,1\n192.168.9.1,shop/web,8080,TCP,30\nshop/web,169.254.20.10,53,UDP,8\n\
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
