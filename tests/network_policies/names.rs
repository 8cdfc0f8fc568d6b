//! How pods resolve names.

use super::*;

#[test]
fn names_resolve_over_both_protocols() {
    let made = made(&shop("DB_HOST", "db"), "");
    for port in ["53/udp", "53/tcp", "5353/udp", "5353/tcp"] {
        for to in ["{dns}", "169.254.20.10", "169.254.169.254"] {
            assert!(made.can("shop/db", to, port), "{to} {port}");
        }
    }
    assert!(!made.can("shop/db", "192.0.2.53", "53/udp") && !made.can("shop/db", "{dns}", "443"));
    let any = self::made(&shop("DB_HOST", "db"), "--dns=any");
    assert!(any.can("shop/db", "192.0.2.53", "53/udp") && any.can("shop/db", "192.0.2.53", "53/tcp"));
}

#[test]
fn name_servers_of_a_pods_own() {
    let with = |spec: &str| {
        let web =
            deployment("shop", "web", "").replace("      containers:", &format!("      {spec}\n      containers:"));
        made(&web, "--strict")
    };
    let none = with("dnsPolicy: None\n      dnsConfig: {nameservers: [192.0.2.53]}");
    for port in ["53/udp", "53/tcp"] {
        assert!(none.can("shop/web", "192.0.2.53", port) && !none.can("shop/web", "192.0.2.54", port));
        assert!(with("dnsPolicy: Default").can("shop/web", "10.0.0.2", port), "{port}");
    }
    assert!(!with("dnsPolicy: Default").can("shop/web", "10.0.0.2", "443"));
    assert!(!with("dnsPolicy: ClusterFirst").can("shop/web", "10.0.0.2", "53/udp"));
}

#[test]
fn every_pod_resolves_names_wherever_name_servers_are() {
    let job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report, namespace: shop}\n\
               spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: m, image: r}]}}}}}\n---\n";
    let manifests = shop("DB_HOST", "db") + &deployment("shop", "idle", "") + job;
    let made = made(&manifests, "");
    assert_eq!(made.policy("allow-dns")["spec"]["podSelector"], serde_json::json!({}));
    for from in ["web", "db", "idle", "report"] {
        for to in ["{dns}", "{openshift-dns}", "169.254.20.10", "169.254.169.254"] {
            for port in ["53/udp", "53/tcp", "5353/udp", "5353/tcp"] {
                assert!(made.can(&format!("shop/{from}"), to, port), "{from} {to} {port}");
            }
        }
    }
    assert!(self::made(&manifests, "--dns=any").policy("allow-dns")["spec"]["egress"][0]["to"].is_null());
}
