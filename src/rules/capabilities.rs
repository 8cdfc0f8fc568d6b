//! # What it checks
//!
//! Every container drops `ALL` capabilities, in exactly this spelling, and adds back nothing but `NET_BIND_SERVICE`.
//! Pods with `os.name: windows` have no capabilities and are left alone.
//!
//! # Why
//!
//! A container that runs as root holds over a dozen of root's powers by default. Almost no program uses them; whoever
//! breaks into one does.
//!
//! # What it changes
//!
//! - No `drop`: sets `capabilities.drop: [ALL]`, and adds back what the image is known to need: the capability of a
//!   program file without which it does not start (caddy, coredns), what a root start needs.
//! - Where nothing is known and the container may start as root: drops ALL and adds back the seven that programs use which
//!   start as root (CHOWN, DAC_OVERRIDE, FOWNER, KILL, NET_BIND_SERVICE, SETGID, SETUID; SYS_CHROOT with port 22, for
//!   without it no ssh log-in works), unless the run allows to drop
//!   them, too. The finding stays and says what would let them go.
//! - `drop: [all]`: respells it where it stands.
//! - `drop` of single capabilities: adds `ALL` to the list and leaves the others as they are.
//! - `add` of anything but `NET_BIND_SERVICE`: takes it out of the list.
//!
//! # What can break
//!
//! `safe` where the facts say what the image needs. `likely` where the container runs as a user other than root, who holds
//! no capabilities anyway, or where the seven are kept: that broke 1 of 31 programs of which nothing was known. Dropping
//! everything under root is `unproven`: 17 of 31 needed a capability. `all` means `ALL` to every runtime: respelling is
//! `safe`. Taking out a capability that the manifest adds is `breaking`; the seven that the tool itself added back are
//! `likely` to be of no use once the container runs as another user.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   capabilities:
//!     drop: [ALL]
//! ```

use super::common::capability::{Added, check_added, standard_spelling};
use super::common::image::{MORE, assessed, node_role, start_of, starting_user};
use super::findings::or_except;
use super::init_chown;
use super::{Assessment, Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::image::advice::{self, CapabilityAdvice, STARTERS};
use crate::workload::{Container, Pod};
use serde_json::Value;

/// The rule.
pub const RULE: Rule = Rule {
    id: "capabilities",
    title: "a container keeps capabilities it was not shown to need",
    severity: Severity::Medium,
    matter: Matter::User,
    mends: "drops `ALL`, keeps what is needed",
    risks: &[Risk::Safe, Risk::Likely, Risk::Unproven, Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Restricted, "capabilities_restricted"),
        Standard::Cis("5.2.8"),
        Standard::Cis("5.2.9"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Checkov("CKV_K8S_25"),
        Standard::Checkov("CKV_K8S_28"),
        Standard::Checkov("CKV_K8S_37"),
        Standard::Checkov("CKV_K8S_39"),
        Standard::Kubescape("C-0046"),
    ],
    parameters: &[],
    stage: Stage::Files,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    for container in pod.containers() {
        let known = pod.image_of(container);
        if let Some(role) = node_role(pod, &known, RULE.id) {
            // Half a set of capabilities helps nobody.
            if !is_clean(container) {
                found
                    .at(&container.field("securityContext/capabilities"))
                    .because("it keeps root's powers, as its work on the node wants")
                    .decide(or_except(RULE.id, &role));
            }
            continue;
        }
        let user = starting_user(pod, container, &known);
        let needs = needs(pod, container, user);
        check_dropped(container, user, needs.as_ref(), found);
        let for_root = advice::capabilities(&known, &start_of(container), 0).map(|advice| advice.add);
        let ours = adds(container, &starters(container)) || for_root.is_some_and(|known| adds(container, &known));
        let added = Added {
            allowed: &["NET_BIND_SERVICE"],
            why: "only NET_BIND_SERVICE may be added",
            needed: needs.as_ref().map(|needs| (needs.add.as_slice(), needs.because.evidence.as_str())),
            ours: ours.then(|| risk_of_starters(user)),
        };
        check_added(pod, container, &added, RULE.id, found);
    }
}

/// What the container is known to need.
fn needs(pod: &Pod<'_>, container: &Container<'_>, user: Option<i64>) -> Option<CapabilityAdvice> {
    // Told not to be root, it starts as somebody else or not at all.
    let no_root = || {
        let own = container.field("securityContext/runAsNonRoot").as_bool();
        own.or_else(|| pod.field("securityContext/runAsNonRoot").as_bool()) == Some(true)
    };
    let may_be_root = user.map_or_else(|| !no_root(), |user| user == 0);
    if let Some(advice) = init_chown::needs(container).filter(|_| may_be_root) {
        return Some(advice);
    }
    let user = u32::try_from(user?).ok()?;
    advice::capabilities(&pod.image_of(container), &start_of(container), user)
}

fn is_clean(container: &Container<'_>) -> bool {
    let list = |key: &str| container.field(&format!("securityContext/capabilities/{key}")).items();
    list("drop").iter().any(|item| item.as_str() == Some("ALL"))
        && list("add").iter().all(|item| item.as_str() == Some("NET_BIND_SERVICE"))
}

/// What is added back where nothing is known: the seven, and for whoever opens the port of ssh what its log-ins want.
fn starters(container: &Container<'_>) -> Vec<&'static str> {
    let ssh = container.ports().contains(&22).then_some("SYS_CHROOT");
    STARTERS.into_iter().chain(ssh).collect()
}

/// Whether the container drops ALL and adds back exactly these, sorted: what this rule writes for a start as root.
fn adds<T: AsRef<str>>(container: &Container<'_>, these: &[T]) -> bool {
    let list = |key: &str| container.field(&format!("securityContext/capabilities/{key}")).items();
    let mut added: Vec<_> = list("add").iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
    added.sort_unstable();
    !added.is_empty()
        && added.iter().eq(these.iter().map(AsRef::as_ref))
        && list("drop").iter().any(|item| item.as_str() == Some("ALL"))
}

fn risk_of_starters(user: Option<i64>) -> Assessment {
    match user {
        Some(user) if user > 0 => Risk::Likely.because(format!("it runs as user {user}, who holds none of them")),
        _ => {
            Risk::Unproven.because(format!("it may start as root, where 17 of 31 measured programs needed one; {MORE}"))
        }
    }
}

fn check_dropped(container: &Container<'_>, user: Option<i64>, needs: Option<&CapabilityAdvice>, found: &mut Findings) {
    let field = container.field("securityContext/capabilities/drop");
    let items = field.items();
    if items.iter().any(|item| item.as_str() == Some("ALL")) {
        return;
    }
    let draft = found.at(&field);
    let risk = match needs {
        Some(needs) => assessed(&needs.because),
        None => risk_of_dropping(user),
    };
    if let Some(item) = items.iter().find(|item| item.as_str().is_some_and(|name| standard_spelling(name) == "ALL")) {
        let spelled = item.as_str().unwrap_or_default();
        let risk = if spelled.eq_ignore_ascii_case("ALL") {
            Risk::Safe.because("container runtimes read it as ALL already")
        } else {
            risk
        };
        draft.because(format!("the Pod Security Standards want ALL and refuse {spelled}")).set(item, "ALL", risk);
        return;
    }
    let dropped: Vec<Value> = items.iter().filter_map(|item| item.value.cloned()).chain([Value::from("ALL")]).collect();
    let mut draft = draft.because("it keeps root's powers that its program may not need").set(
        &field,
        dropped.clone(),
        risk.clone(),
    );
    let add = container.field("securityContext/capabilities/add");
    let stated: Vec<String> = add.items().iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
    let gone: Vec<String> = items.iter().filter_map(|item| item.as_str().map(standard_spelling)).collect();
    // What the author adds stays, what they drop stays dropped.
    let with = |more: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        let spelled = |name: &&str| {
            !stated.iter().any(|known| standard_spelling(known) == **name) && !gone.iter().any(|gone| gone == *name)
        };
        let more: Vec<String> = more.filter(spelled).map(str::to_owned).collect();
        stated.iter().cloned().chain(more).collect()
    };
    match needs {
        Some(needs) => {
            let wanted = with(&mut needs.add.iter().map(String::as_str));
            if wanted.len() > stated.len() {
                draft.set(&add, wanted, risk);
            }
        }
        None if risk.risk > Risk::Likely && !container.is_privileged() => {
            let kept = Risk::Likely.because(
                "with the seven that a root start uses added back, 30 of 31 programs worked of which nothing was known",
            );
            draft = draft.or_set(&field, dropped, kept.clone());
            draft.or_set(&add, with(&mut starters(container).into_iter()), kept);
        }
        None => {}
    }
}

/// What is known of a program that loses every capability, where the image says nothing.
fn risk_of_dropping(user: Option<i64>) -> Assessment {
    match user {
        Some(user) if user > 0 => Risk::Likely
            .because(format!("it runs as user {user}, who holds no capabilities unless its program file does")),
        Some(_) => Risk::Unproven.because("it runs as root, where 17 of 31 measured programs needed a capability"),
        None => Risk::Unproven.because("it may run as root, where 17 of 31 measured programs needed a capability"),
    }
}
