//! What is said of what was observed: what it opens, and what it does not.

use super::formats::hubble;
use super::{observed, shop};

#[test]
fn only_what_all_pods_may_ask_is_name_resolution() {
    let (seen, err) = observed(
        "source,destination,port,protocol,count\nshop/web,169.254.20.10,53,UDP,2\nshop/web,169.254.169.254,53,UDP,1\n\
         shop/web,kube-system/coredns,53,UDP,5\nshop/web,192.168.5.53,53,UDP,4\nshop/web,192.168.9.1,53,UDP,1\n",
    );
    assert!(err.contains("note: seen: 1 flow used; left out: 8 for name resolution, which all pods may do\n"), "{err}");
    assert!(err.contains("seen: 4 flows left out, as nobody of the input is known to be 192.168.5.53;"), "{err}");
    // A name server on a node is like all else there.
    assert!(seen.len() == 1 && seen.iter().all(|line| line.ends_with("UDP 53 observed: 1 flow in seen")), "{seen:?}");
    assert!(err.contains("no selector names, so these may call any address: Deployment shop/web UDP 53\n"), "{err}");
}

#[test]
fn name_servers_that_are_named_are_asked_by_all() {
    let place = shop();
    place.write("seen", "source,destination,port,protocol,count\nshop/web,192.168.5.53,53,UDP,4\n");
    let told = |flags: &str| place.run(&format!("network policies -f shop.yaml --flows seen {flags}")).err;
    let resolved = "note: seen: 0 flows used; left out: 4 for name resolution, which all pods may do\n";
    for flags in ["--dns-server 192.168.5.53", "--dns any"] {
        assert!(told(flags).contains(resolved), "{flags} {}", told(flags));
    }
    assert!(!told("").contains("name resolution, which") && !told("--dns-server 10.1.1.1").contains(resolved));
}

#[test]
fn a_port_that_is_opened_to_everyone_is_told() {
    let (_, err) = observed("source,destination,port\n203.0.113.7,shop/api,3000\n203.0.113.8,shop/api,3000\n");
    let outside = "note: outside addresses were observed to call, of which there may be others, so these take all \
                   sources: Deployment shop/api TCP 3000\n";
    assert!(err.contains(outside), "{err}");
    let server = r#"{"labels":["reserved:kube-apiserver","reserved:remote-node"]}"#;
    let web = r#"{"namespace":"shop","pod_name":"web-7d4b9c6f5-x2x9z"}"#;
    let hook = r#""verdict":"FORWARDED","is_reply":false,"l4":{"TCP":{"destination_port":9443}}"#;
    let (_, err) = observed(&hubble(server, web, hook));
    let api_server = "note: the API server was observed to call, whom no selector names, so these take all sources: \
                      Deployment shop/web TCP 9443\n";
    assert!(err.contains(api_server), "{err}");
    assert!(!err.contains("outside addresses were observed"), "{err}");
}

#[test]
fn policies_name_a_listing_without_its_folders() {
    let place = shop();
    let path = place.write("logs/seen.csv", "source,destination,port\nshop/web,shop/db,5432\n");
    let path = path.display().to_string();
    let ran = place.run(&format!("network policies -f shop.yaml --flows {path}"));
    assert!(ran.out.contains("observed: 1 flow in seen.csv") && !ran.out.contains("logs"), "{ran:?}");
    assert!(ran.err.contains(&format!("note: {path}: 1 flow used\n")), "{ran:?}");
}
