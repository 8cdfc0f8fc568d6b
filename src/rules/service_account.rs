//! # What it checks
//!
//! Workloads of a namespace do not share a `default` ServiceAccount that is bound to anything beyond what everybody may do.
//! It looks at the bindings of the input that name the account, and at pods that take its token.
//!
//! # Why
//!
//! The rights were given for one of them. Whoever gets into any of them has all of these rights.
//!
//! # What it changes
//!
//! Nothing by itself. With `--own-service-accounts` (parameter `create`), where exactly one of the workloads shows that it
//! uses the API and nothing speaks for the use by the others: that one gets a ServiceAccount of its own, named as the
//! workload and written behind it in the same file, and the bindings name that one: all of it or nothing. A binding that
//! names the account by its user, a binding in a file that cannot be changed, an account of that name, a JSON file that
//! takes no second object, or a bare Pod (its account must be there first) leaves things as they are. The others take no token.
//!
//! # What can break
//!
//! `likely`: what shows the use of the API is what `service-account-token` goes by. Rights that the account has in the
//! cluster and not in the input stay with `default`, and so do pull secrets that it has there alone: those of the input go
//! along.
//!
//! # Example
//!
//! ```yaml
//! spec:
//!   serviceAccountName: web       # was default, which a RoleBinding gives the rights of web
//! ```

use super::common::api::{DEFAULT, Token, account_of, signs_of_neighbour, token_of};
use super::findings::or_except;
use super::{Check, Elsewhere, Findings, Form, Matter, Parameter, Proposal, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{ApiSign, Grant, Identity, Neighbour, Pod, Surroundings, Through};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule {
    id: "service-account",
    title: "several workloads share the rights of a default ServiceAccount",
    severity: Severity::Medium,
    matter: Matter::Secrets,
    mends: "gives one its own, the others no token",
    risks: &[Risk::Likely],
    standards: &[
        Standard::Cis("5.1.5"),
        Standard::Nsa("Protecting Pod service account tokens"),
        Standard::Checkov("CKV_K8S_42"),
        Standard::Kubescape("C-0189"),
    ],
    parameters: &[Parameter {
        name: "create",
        help: "whether the one workload that uses the API gets a ServiceAccount of its own, to which the bindings move.",
        default: "false",
        form: Form::AsDefault,
    }],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

/// How many roles a reason names.
const MOST_NAMED: usize = 5;
/// The annotation by which a workload says that it shares the rights for a reason.
const EXCEPTION: &str = "kubectl-harden.dev/skip.service-account";

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let Some(around) = pod.around() else { return };
    if account_of(pod) != DEFAULT || matches!(token_of(pod), Token::Off) {
        return;
    }
    let grants = around.neighbours.grants(around.namespace(), DEFAULT);
    let grants: Vec<Grant<'_>> =
        grants.into_iter().filter(|grant| grant.is_sure && grant.through != Through::Group).collect();
    if grants.is_empty() {
        return;
    }
    let shared = around.neighbours.remember(RULE.id, around.namespace(), || shared(around));
    if shared.sharers < 2 {
        return;
    }
    let mut rights: Vec<String> = grants.iter().take(MOST_NAMED).map(Grant::role).collect();
    if grants.len() > MOST_NAMED {
        rights.push(format!("{} more", grants.len() - MOST_NAMED));
    }
    let reason =
        format!("{} workloads share its rights ({}); one of them may need them", shared.sharers, rights.join(", "));
    let create = found.parameter("create").as_bool() == Some(true);
    let account = pod.field("serviceAccountName");
    let draft = found.at(&account).because(reason);
    let Some((name, sign)) = &shared.user else {
        let advice = "find out which of them use the API: give those a ServiceAccount each, and the others no token";
        draft.decide(or_except(RULE.id, advice));
        return;
    };
    if !create || !movable(&grants, around, name) {
        let advice =
            format!("{name} uses the API ({sign}): give it a ServiceAccount of its own and move the bindings to it");
        let more = if create { "" } else { ", which `--own-service-accounts` does" };
        draft.decide(or_except(RULE.id, &format!("{advice}{more}")));
    } else if around.identity == Some(name) {
        let evidence = format!("it alone uses the API ({sign}), and its own account gets the same rights");
        let mut draft = draft.set(&account, name.name.as_str(), Risk::Likely.because(evidence));
        let alias = pod.field("serviceAccount");
        if alias.is_stated() {
            draft =
                draft.set(&alias, name.name.as_str(), Risk::Likely.because("an older name of `serviceAccountName`"));
        }
        draft = draft.along(Elsewhere::Document(own_account(around, name)));
        for grant in &grants {
            draft = draft.along(moved(grant, name));
        }
    } else {
        let evidence =
            format!("of the workloads of this input that share its account only {name} uses the API ({sign})");
        draft.set(&pod.field("automountServiceAccountToken"), false, Risk::Likely.because(evidence));
    }
}

/// The default account of a namespace, as its workloads use it.
struct Shared {
    /// How many workloads take its token.
    sharers: usize,
    /// The one that surely uses the API, where nothing speaks for the use by any other, and what shows it.
    user: Option<(Identity, String)>,
}

fn shared(around: &Surroundings<'_>) -> Shared {
    let account = around.neighbours.account(around.namespace(), DEFAULT);
    let of_account = account.and_then(|account| account.at("/automountServiceAccountToken")?.as_bool());
    let shares = |template: &&Value| {
        let spec = |key: &str| template.get("spec").and_then(|spec| spec.get(key)).filter(|value| !value.is_null());
        let name = spec("serviceAccountName").or(spec("serviceAccount")).and_then(Value::as_str).unwrap_or(DEFAULT);
        let token = spec("automountServiceAccountToken").and_then(Value::as_bool).or(of_account);
        (name.is_empty() || name == DEFAULT) && token != Some(false)
    };
    let mut sharers = BTreeSet::new();
    let mut users = Vec::new();
    for workload in around.neighbours.workloads(around.namespace()) {
        let identity = &workload.identity;
        let mut templates = workload.list("/templates").iter().filter(shares).peekable();
        // A base and what lies over it are one workload.
        if identity.namespace.as_deref() != around.namespace()
            || templates.peek().is_none()
            || !sharers.insert(identity)
        {
            continue;
        }
        let mut signs: Vec<ApiSign> =
            templates.flat_map(|template| signs_of_neighbour(template, around.images)).collect();
        if workload.at("/metadata/annotations").is_some_and(|all| all.get(EXCEPTION).is_some()) {
            signs.push(ApiSign { words: "an exception says that it shares them".to_owned(), certain: false });
        }
        signs.sort_by_key(|sign| !sign.certain);
        users.extend(signs.into_iter().next().map(|sign| (identity, sign)));
    }
    let user = match users.as_slice() {
        [(identity, sign)] if sign.certain => Some(((*identity).clone(), sign.words.clone())),
        _ => None,
    };
    Shared { sharers: sharers.len(), user }
}

/// Whether the bindings can be moved to an account named as the workload.
fn movable(grants: &[Grant<'_>], around: &Surroundings<'_>, workload: &Identity) -> bool {
    let is_name = !workload.name.is_empty() && !workload.name.ends_with('-') && workload.name != DEFAULT;
    is_name
        && around.neighbours.account(around.namespace(), &workload.name).is_none()
        && grants.iter().all(|grant| grant.through == Through::Account)
}

/// The new account: it pulls images as the default one does.
fn own_account(around: &Surroundings<'_>, workload: &Identity) -> Value {
    let mut account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": workload.name}});
    if let Some(namespace) = &workload.namespace {
        account["metadata"]["namespace"] = json!(namespace);
    }
    let old = around.neighbours.account(around.namespace(), DEFAULT);
    if let Some(secrets) = old.and_then(|old| old.at("/imagePullSecrets")) {
        account["imagePullSecrets"] = secrets.clone();
    }
    account
}

/// A binding that names the new account.
fn moved(grant: &Grant<'_>, workload: &Identity) -> Elsewhere {
    let Neighbour { manifest, document, base, .. } = grant.binding;
    Elsewhere::Field {
        manifest: *manifest,
        document: *document,
        base: base.clone(),
        proposal: Proposal {
            pointer: format!("/subjects/{}/name", grant.subject),
            value: Some(json!(workload.name)),
            assessment: Risk::Likely
                .because(format!("of the workloads of its namespace in this input only {workload} uses the API")),
        },
    }
}
