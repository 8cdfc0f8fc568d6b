//! Which pods a policy is about, what it is called, and how the policies of a run stand together.

use super::*;

#[test]
fn the_same_name_in_two_namespaces_is_two_workloads() {
    let stage = shop("DB_URL", "postgres://db/shop").replace("namespace: shop", "namespace: stage");
    let made = made(&(shop("DB_URL", "postgres://db.stage/shop") + &stage), "");
    assert!(made.can("shop/web", "stage/db", "5432") && made.can("stage/web", "stage/db", "5432"));
    assert!(!made.can("stage/web", "shop/db", "5432"));
}

#[test]
fn pods_without_labels_do_not_open_the_namespace() {
    let job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report, namespace: shop}\nspec: {jobTemplate: {spec: {template: {spec: \
               {containers: [{name: main, image: report, env: [{name: DB_HOST, value: db}]}]}}}}}\n";
    let made = made(&(shop("DB_URL", "postgres://db/shop") + &deployment("shop", "other", "") + job), "");
    let policy = made.policy("report");
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"]["kubectl-harden.dev/workload"], "report");
    assert!(
        made.notes().contains(
            "CronJob shop/report has pods without labels: add the label kubectl-harden.dev/workload=\"report\""
        )
    );
    assert!(!made.can("shop/other", "shop/db", "5432"));
    for policy in made.report["policies"].as_array().unwrap() {
        let text = policy["spec"]["ingress"].to_string() + &policy["spec"]["egress"].to_string();
        assert!(!text.contains("\"podSelector\":{}"), "{text}");
    }
}

#[test]
fn no_namespace_is_the_default_one() {
    let manifests = shop("DB_URL", "postgres://db.default.svc/shop").replace(", namespace: shop", "");
    let stated = deployment("default", "late", &env("DB_URL", "postgres://db/x"));
    let made = made(&(manifests + &stated), "");
    assert!(made.can("default/web", "default/db", "5432") && made.can("default/late", "default/db", "5432"));
    let alone = self::made(&deployment("", "web", &env("X", "https://api.example.com")), "");
    assert_eq!(alone.policy("web")["metadata"]["namespace"], Value::Null);
}

#[test]
fn selectors_are_those_of_controllers_and_stay_what_they_are() {
    let labels = "{app: web, helm.sh/chart: web-1.2, app.kubernetes.io/version: \"7\", tier: front}";
    let web =
        shop("DB_HOST", "db").replace("metadata: {labels: {app: web}}", &format!("metadata: {{labels: {labels}}}"));
    let made = made(&web, "");
    assert_eq!(made.policy("web")["spec"]["podSelector"], serde_json::json!({"matchLabels": {"app": "web"}}));
    // A Pod has no selector: its labels, less those that change.
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: one, namespace: shop, labels: {labels}}}\nspec: {{containers: [{{name: a, image: a, env: [{{name: DB_HOST, value: db}}]}}]}}\n"
    );
    let made = self::made(&(shop("DB_HOST", "db").replace("app: web", "app: site") + &pod), "");
    let selector = made.policy("one")["spec"]["podSelector"].to_string();
    assert!(!selector.contains("helm") && !selector.contains("version") && selector.contains("web"), "{selector}");
}

#[test]
fn selectors_that_overlap_are_told_apart() {
    let role = |name: &str, role: &str| {
        deployment("shop", name, "")
            .replace(&format!("labels: {{app: {name}}}"), &format!("labels: {{app: redis, role: {role}}}"))
            .replace(&format!("matchLabels: {{app: {name}}}"), "matchLabels: {app: redis}")
    };
    let manifests = role("leader", "leader")
        + &role("follower", "follower")
        + &service("shop", "leader", "selector: {app: redis, role: leader}, ports: [{port: 6379}]")
        + &deployment("shop", "web", &env("REDIS", "leader:6379"));
    let made = made(&manifests, "");
    assert!(made.can("shop/web", "shop/leader", "6379") && !made.can("shop/web", "shop/follower", "6379"));
    assert_eq!(
        made.policy("leader")["spec"]["podSelector"]["matchLabels"],
        serde_json::json!({"app": "redis", "role": "leader"})
    );
    let twins = deployment("shop", "one", &env("DB_HOST", "db"))
        + &deployment("shop", "two", "").replace("app: two", "app: one");
    assert!(
        self::made(&(shop("DB_HOST", "db") + &twins), "")
            .notes()
            .contains("no label that tells its pods from those of Deployment shop/two")
    );
}

#[test]
fn policies_of_others_stay_and_are_not_repeated() {
    let policy = |name: &str, spec: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{{spec}}}\n---\n"
        )
    };
    let others = policy("default-deny", "podSelector: {}, policyTypes: [Ingress, Egress]")
        + &policy(
            "names",
            "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]",
        )
        + &policy(
            "db",
            "podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]",
        );
    let made = made(&(shop("DB_HOST", "db") + &others), "");
    assert_eq!(made.names(), ["web"]);
    let only_name = self::made(
        &(shop("DB_HOST", "db") + &policy("web", "podSelector: {matchLabels: {app: none}}, policyTypes: [Ingress]")),
        "",
    );
    assert_eq!(only_name.names(), ["default-deny", "allow-dns", "db", "web-deployment"]);
}

#[test]
fn the_same_input_gives_the_same_bytes_and_its_own_output_adds_nothing() {
    let manifests = shop("DB_HOST", "db")
        + &deployment("shop", "idle", &ports(1))
        + &service("shop", "idle", "selector: {app: idle}, ports: [{port: 1}]");
    let made = made(&manifests, "");
    let first = made.place.read("in/networkpolicies.yaml");
    assert_eq!(made.place.run("network policies -q -f in/").out, first);
    // The order of the documents does not count.
    let reversed: Vec<&str> = manifests.split("---\n").collect();
    let reversed: Vec<&str> = reversed.into_iter().rev().filter(|one| !one.is_empty()).collect();
    assert_eq!(made.place.run_with("network policies -q -f -", &reversed.join("---\n")).out, first);
    let lint = made.place.run("network check -f in/ --fail-on critical");
    assert_eq!(lint.code, 0, "{lint:?}");
}

#[test]
fn namespaces_of_the_cluster_and_parts_of_the_input_are_left_alone() {
    let made = made(&(shop("DB_HOST", "db") + &deployment("kube-system", "coredns", &ports(53))), "");
    assert!(made.report["policies"].as_array().unwrap().iter().all(|policy| policy["metadata"]["namespace"] == "shop"));
    assert!(made.notes().contains("namespace kube-system belongs to the cluster"));
    let place = Place::new();
    place.write("a.yaml", shop("DB_HOST", "db"));
    place.write("b.yaml", "a: [\n");
    let ran = place.run("network policies -f .");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(
        ran.err.contains("b.yaml:") && ran.err.contains("no policies are made of a part of the input"),
        "{}",
        ran.err
    );
}

#[test]
fn a_policy_of_the_same_name_as_a_workload_is_given_another() {
    let made = made(
        &(deployment("shop", "allow-dns", &env("X", "https://a.example.com")) + &deployment("shop", "web", "")),
        "",
    );
    assert_eq!(made.names(), ["default-deny", "allow-dns", "allow-dns-deployment"]);
    let long = "a".repeat(70);
    let job = format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {long}, namespace: shop}}\nspec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{{name: m, image: m, env: [{{name: X, value: 'https://a.example.com'}}]}}]}}}}}}}}}}\n"
    );
    let named = self::made(&job, "");
    let labels = &named.policy(&long)["spec"]["podSelector"]["matchLabels"];
    assert_eq!(labels["kubectl-harden.dev/workload"].as_str().unwrap().len(), 63);
}

#[test]
fn a_policy_has_a_name_that_a_server_takes() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: clean-, namespace: shop}\nspec: {template: {spec: \
        {containers: [{name: m, image: m, env: [{name: X, value: 'https://a.example.com'}]}]}}}\n";
    assert!(made(job, "").names().contains(&"clean"));
    let odd = deployment("shop", "web_ID", &env("X", "https://a.example.com"));
    assert!(made(&odd, "").names().contains(&"web-id"));
}

#[test]
fn selectors_have_values_that_a_server_takes() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: mig-, namespace: shop}\nspec: {template: {spec: \
        {containers: [{name: m, image: m, env: [{name: DB_HOST, value: db}]}]}}}\n---\n";
    let made = made(&(job.to_owned() + &known_store()), "");
    let selector = &made.policy("mig")["spec"]["podSelector"];
    assert_eq!(selector, &serde_json::json!({"matchLabels": {"kubectl-harden.dev/workload": "mig"}}));
    assert!(made.notes().contains("add the label kubectl-harden.dev/workload=\"mig\""), "{}", made.notes());
    assert!(!made.policy("db")["spec"].to_string().contains("mig-"), "{}", made.policy("db"));
    let named = self::made(&(job.replace("generateName: mig-", "name: mig") + &known_store()), "");
    assert_eq!(named.policy("mig")["spec"]["podSelector"], serde_json::json!({"matchLabels": {"job-name": "mig"}}));
}

#[test]
fn workloads_that_share_labels_and_policies_of_the_cluster_stop_nothing() {
    let twin = |name: &str, more: &str| deployment("shop", name, more).replace(&format!("app: {name}"), "app: x");
    let made = made(
        &(twin("a", "ports: [{containerPort: 80, hostPort: 80}]\n") + &twin("b", &env("U", "https://a.example.com"))),
        "",
    );
    assert!(made.can("192.0.2.1", "shop/a", "80") && made.notes().contains("they share what is allowed"));
    let deny = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: no-outside}\nspec: {priority: 1, subject: {namespaces: {}}, \
        egress: [{name: none, action: Deny, to: [{networks: [0.0.0.0/0]}]}]}\n---\n";
    let barred = self::made(&(deny.to_owned() + &deployment("shop", "web", &env("U", "https://a.example.com"))), "");
    assert!(barred.names().contains(&"web"));
    let notes = barred.notes();
    assert!(
        notes.contains("policies for the whole cluster cut off what has to pass") && notes.contains("no-outside"),
        "{notes}"
    );
}

#[test]
fn policies_hold_after_the_next_release() {
    let release = |version: &str| {
        let labels =
            format!("metadata: {{labels: {{helm.sh/chart: s-{version}, app.kubernetes.io/version: \"{version}\", app:");
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: one, namespace: shop, labels: {{app: one, helm.sh/chart: one-{version}}}}}\n\
             spec: {{containers: [{{name: a, image: a, env: [{{name: DB_HOST, value: db}}]}}]}}\n---\n"
        );
        shop("DB_HOST", "db").replace("metadata: {labels: {app:", &labels) + &pod
    };
    let made = made(&release("1"), "");
    made.place.write("in/all.yaml", release("2"));
    for from in ["shop/web", "shop/one"] {
        assert!(made.can(from, "shop/db", "5432"), "{from}");
    }
    assert!(!made.can("shop/db", "shop/web", "8080"));
}

#[test]
fn a_label_that_changes_with_a_release_tells_nobody_apart() {
    let release = |name: &str, version: &str| {
        let labels =
            format!("labels: {{app: redis, app.kubernetes.io/version: \"{version}\", helm.sh/chart: redis-{version}}}");
        deployment("shop", name, &env("U", "https://a.example.com"))
            .replace(&format!("labels: {{app: {name}}}"), &labels)
            .replace(&format!("matchLabels: {{app: {name}}}"), "matchLabels: {app: redis}")
    };
    let made = made(&(release("one", "1") + &release("two", "2")), "");
    for name in ["one", "two"] {
        let selector = serde_json::json!({"matchLabels": {"app": "redis"}});
        assert_eq!(made.policy(name)["spec"]["podSelector"], selector);
    }
    assert!(
        made.notes().contains("no label that tells its pods from those of Deployment shop/two"),
        "{}",
        made.notes()
    );
}

#[test]
fn whom_a_policy_of_others_lets_in_is_not_widened() {
    let office = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: office, namespace: shop}\n\
                  spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]}\n---\n";
    let exposed = service("shop", "web", "type: NodePort, selector: {app: web}, ports: [{port: 8080}]");
    let caller = deployment("shop", "api", &(env("WEB_URL", "http://web:8080") + &ports(9000)));
    let made = made(&(deployment("shop", "web", &ports(8080)) + &exposed + &caller + office), "");
    assert!(!made.can("203.0.113.9", "shop/web", "8080") && made.can("198.51.100.7", "shop/web", "8080"));
    assert!(made.can("shop/api", "shop/web", "8080"), "what something shows is added");
    assert!(made.notes().contains("NetworkPolicy office says who calls Deployment shop/web"), "{}", made.notes());
}
