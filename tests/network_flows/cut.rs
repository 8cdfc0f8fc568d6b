//! What of it policies would cut off.

use super::shop;
use serde_json::Value;

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
