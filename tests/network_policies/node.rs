//! Agents on the node of a pod.

use super::*;

/// A front end with an agent on its node.
fn traced() -> String {
    let env = "env: [{name: DD_AGENT_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}]\n";
    deployment("shop", "web", env)
}

#[test]
fn an_agent_on_the_node_is_called_there() {
    let made = made(&traced(), "");
    // Nobody knows the addresses of the nodes, and the destination is none that a policy selects.
    assert!(made.can("shop/web", "203.0.113.1", "8126") && made.can("shop/web", "203.0.113.1", "8125/udp"));
    assert!(!made.can("shop/web", "203.0.113.1", "8125") && !made.can("shop/web", "203.0.113.1", "443"));
    let why = "to anywhere, TCP 8126; UDP 8125: its node: env DD_AGENT_HOST of container main";
    assert_eq!(made.told("web", "evidence"), [why]);
}

#[test]
fn known_nodes_and_agents_narrow_what_is_called_there() {
    let agent =
        "ports: [{containerPort: 8126, hostPort: 8126}, {containerPort: 9125, hostPort: 8125, protocol: UDP}]\n";
    let agent = workload("apps/v1, kind: DaemonSet", "tracing", "agent", "", agent);
    let made = made(&(traced() + &agent), "--node-cidr 10.9.0.0/16");
    assert!(made.can("shop/web", "10.9.0.4", "8126") && made.can("shop/web", "10.9.0.4", "8125/udp"));
    assert!(!made.can("shop/web", "203.0.113.1", "8126"));
    // Where the plugin looks behind the port of the node.
    assert!(made.can("shop/web", "tracing/agent", "8126") && made.can("shop/web", "tracing/agent", "9125/udp"));
    assert!(!made.can("shop/web", "tracing/agent", "9125"));
    let told = made.told("web", "evidence").join("\n");
    let why = "its node: env DD_AGENT_HOST of container main, where DaemonSet tracing/agent listens";
    assert!(told.contains(&format!("to 10.9.0.0/16, TCP 8126; UDP 8125: {why}")), "{told}");
    assert!(told.contains(&format!("to DaemonSet tracing/agent, TCP 8126; UDP 9125: {why}")), "{told}");
}

#[test]
fn an_agent_does_not_show_whom_else_a_workload_calls() {
    // Nobody names `api`, so addresses are hidden here; that of `cart` is not, but for who names nobody.
    let serving = |name: &str| {
        deployment("shop", name, &ports(80))
            + &service("shop", name, &format!("selector: {{app: {name}}}, ports: [{{port: 80}}]"))
    };
    let hidden =
        traced() + &serving("api") + &serving("cart") + &deployment("shop", "front", &env("CART_HOST", "cart"));
    let hiding = made(&hidden, "");
    assert!(hiding.can("shop/web", "shop/cart", "80"), "{}", hiding.notes());
    // Who names somebody else is known.
    let named = hidden.replace(
        "env: [{name: DD_AGENT_HOST",
        "env: [{name: API_URL, value: 'https://api.example.com'}, {name: DD_AGENT_HOST",
    );
    assert!(!made(&named, "").can("shop/web", "shop/cart", "80"));
}

#[test]
fn a_node_without_a_port_is_said() {
    let env = "env: [{name: TRACER_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}]\n";
    let made = made(&deployment("shop", "web", env), "");
    let note = "env TRACER_HOST of container main: it holds the address of the node and no port is known, so nothing is allowed there";
    assert!(made.notes().contains(note), "{}", made.notes());
}
