//! What cannot be read, and where it may come from.

use super::formats::hubble;
use super::{SHOP, shop};

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
