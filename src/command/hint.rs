//! The next command, ready to paste: with everything that this run was told. `None` where that would be too long to be of
//! use, as after `xargs`.

use super::words::Asked;
use super::{Console, Session};
use crate::cli::{Connection, ImageFacts, Input, Ruling, Selection};
use crate::image::read::Platform;
use crate::report::Tally;
use crate::report::phrase::pasteable;
use crate::source::Origin;
use std::path::{Path, PathBuf};

/// How many files a command names before it is better to name their directory.
const MOST_FILES: usize = 8;

/// The command that makes what a diff or a check showed: in the files, or in the cluster.
pub(super) fn write(asked: &Asked<'_>, ruling: &Ruling, session: &Session, console: &Console) -> Option<String> {
    if asked.is_live() {
        return again("apply", asked, ruling, console);
    }
    let input = asked.input;
    let manifests = session.manifests.iter().zip(&session.texts);
    let changed: Vec<&Path> = manifests
        .filter(|(manifest, text)| text.is_some() && !manifest.is_new)
        .filter_map(|(manifest, _)| match &manifest.origin {
            Origin::File(path) => Some(path.as_path()),
            _ => None,
        })
        .collect();
    let named = &input.filenames;
    let all_paths = !named.is_empty() && named.iter().all(|name| Path::new(name).exists());
    let mut words = vec![console.name.clone()];
    // Policies are made of a whole: it is named again as it was.
    let policies = all_paths && session.plan.policies().next().is_some();
    if changed.is_empty() && !policies {
        words.push("render".into());
        words.extend(inputs(input));
    } else {
        words.push("rewrite".into());
        // `rewrite` goes into all directories below the one named; a run that did not is repeated by its files.
        let same_reach = input.recursive || named.iter().all(|name| Path::new(name).is_file());
        if policies || all_paths && (same_reach || changed.len() > MOST_FILES) {
            words.extend(named.iter().map(|name| pasteable(&name.to_string_lossy())));
        } else {
            words.extend(changed.iter().map(|path| pasteable(&path.to_string_lossy())));
        }
    }
    words.extend(rulings(ruling));
    is_short(input).then(|| words.join(" "))
}

/// Another verb on the same objects.
pub(super) fn again(verb: &str, asked: &Asked<'_>, ruling: &Ruling, console: &Console) -> Option<String> {
    let mut words = vec![console.name.clone(), verb.to_owned()];
    words.extend(objects(asked.objects));
    if verb == "apply" && asked.names_types_alone() {
        words.push("--all".to_owned());
    }
    words.extend(inputs(asked.input));
    if asked.live && verb != "apply" {
        words.push("--live".to_owned());
    }
    if asked.is_live() {
        words.extend(connection(asked.connection));
    }
    words.extend(rulings(ruling));
    (is_short(asked.input) && asked.objects.words.len() <= MOST_FILES).then(|| words.join(" "))
}

/// The diff that shows what was left out, too; `None` when nothing was.
pub(super) fn left_out(tally: &Tally, asked: &Asked<'_>, ruling: &Ruling, console: &Console) -> Option<String> {
    let risks = tally.plan.risks.iter().filter(|(_, count)| count.left_out > 0);
    let max_risk = *risks.map(|(risk, _)| risk).max()?;
    again("diff", asked, &Ruling { max_risk, ..ruling.clone() }, console)
}

fn is_short(input: &Input) -> bool {
    input.filenames.len() <= MOST_FILES
}

/// Which live objects.
fn objects(selection: &Selection) -> Vec<String> {
    let mut words: Vec<String> = selection.words.iter().map(|word| pasteable(&word.to_string_lossy())).collect();
    for (flag, value) in [("-l", &selection.selector), ("--field-selector", &selection.field_selector)] {
        words.extend(value.iter().flat_map(|value| [flag.to_owned(), pasteable(value)]));
    }
    let given = [("-A", selection.all_namespaces), ("--all", selection.all)];
    words.extend(given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag.to_owned()));
    words
}

/// Which server, and as whom. A token is not repeated: what is printed is read by others.
pub(super) fn connection(to: &Connection) -> Vec<String> {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let flags = [
        ("-n", to.namespace.clone().filter(|name| !name.is_empty())),
        ("--kubeconfig", path(&to.kubeconfig)),
        ("--context", to.context.clone()),
        ("--cluster", to.cluster.clone()),
        ("--user", to.user.clone()),
        ("-s", to.server.clone()),
        ("--as", to.impersonate.clone()),
        ("--as-uid", to.as_uid.clone()),
        ("--certificate-authority", path(&to.certificate_authority)),
        ("--client-certificate", path(&to.client_certificate)),
        ("--client-key", path(&to.client_key)),
        ("--tls-server-name", to.tls_server_name.clone()),
        ("--request-timeout", to.request_timeout.map(|time| format!("{}ms", time.as_millis()))),
        ("--proxy-url", to.proxy_url.clone().map(|url| Origin::Url(url).to_string())),
    ];
    let one = |(flag, value): (&str, Option<String>)| Some([flag.to_owned(), pasteable(&value?)]);
    let mut words: Vec<String> = flags.into_iter().filter_map(one).flatten().collect();
    words.extend(to.as_group.iter().flat_map(|group| ["--as-group".to_owned(), pasteable(group)]));
    let extras = to.as_user_extra.iter().map(|(key, value)| pasteable(&format!("{key}={value}")));
    words.extend(extras.flat_map(|extra| ["--as-user-extra".to_owned(), extra]));
    // A flag with an optional value takes it after an equals sign.
    let given = [
        ("--insecure-skip-tls-verify", to.insecure_skip_tls_verify),
        ("--disable-compression", to.disable_compression),
    ];
    words.extend(given.into_iter().filter_map(|(flag, on)| Some(format!("{flag}={}", on?))));
    words
}

fn inputs(input: &Input) -> Vec<String> {
    let mut words = Vec::new();
    for name in &input.filenames {
        let name = name.to_string_lossy();
        // What is printed is read by others: an address goes without its log-in.
        let shown = if name.contains("://") { Origin::Url(name.into_owned()).to_string() } else { name.into_owned() };
        words.extend(["-f".to_owned(), pasteable(&shown)]);
    }
    if input.recursive {
        words.push("-R".to_owned());
    }
    if let Some(dir) = &input.kustomize {
        words.extend(["-k".to_owned(), pasteable(&dir.to_string_lossy())]);
    }
    words
}

fn rulings(ruling: &Ruling) -> Vec<String> {
    let mut words = Vec::new();
    let mut flag = |name: &str, value: String| words.extend([name.to_owned(), pasteable(&value)]);
    if ruling.profile != Ruling::DEFAULT_PROFILE {
        flag("-p", ruling.profile.clone());
    }
    if !ruling.only.is_empty() {
        flag("--only", ruling.only.join(","));
    }
    if !ruling.skip.is_empty() {
        flag("--skip", ruling.skip.join(","));
    }
    if ruling.max_risk != Ruling::DEFAULT_RISK {
        flag("--max-risk", ruling.max_risk.to_string());
    }
    if let Some(version) = ruling.kubernetes_version {
        flag("--kubernetes-version", version.to_string());
    }
    for source in &ruling.images.image_source {
        flag("--image-source", source.to_string());
    }
    if let Some(file) = &ruling.images.image_lock {
        flag("--image-lock", file.display().to_string());
    }
    if let Some(file) = &ruling.images.registry_config {
        flag("--registry-config", file.display().to_string());
    }
    for host in &ruling.images.insecure_registry {
        flag("--insecure-registry", host.clone());
    }
    if ruling.images.image_facts == ImageFacts::None {
        flag("--image-facts", "none".to_owned());
    }
    if ruling.images.platform != Platform::default() {
        flag("--platform", ruling.images.platform.to_string());
    }
    for source in &ruling.limits.limits_from {
        flag("--limits-from", source.to_string());
    }
    if let Some(when) = &ruling.limits.cpu_limit {
        flag("--cpu-limit", when.clone());
    }
    if let Some(percent) = ruling.limits.memory_headroom {
        flag("--memory-headroom", percent.to_string());
    }
    if let Some(file) = &ruling.extract.extract_secrets {
        flag("--extract-secrets", file.display().to_string());
    }
    if ruling.extract.force {
        words.push("--force".to_owned());
    }
    if ruling.service_accounts.own_service_accounts {
        words.push("--own-service-accounts".to_owned());
    }
    match ruling.network_policies {
        Some(true) => words.push("--network-policies".to_owned()),
        Some(false) => words.push("--network-policies=false".to_owned()),
        None => {}
    }
    if ruling.limits.strict_limits {
        words.push("--strict-limits".to_owned());
    }
    if ruling.images.inspect_images {
        words.push("--inspect-images".to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_repeated_without_its_log_in() {
        let filenames = vec!["https://web:S3cure99@host/a.yaml?token=f7a9s8d7f6&b=c".into(), "a b.yaml".into()];
        let input = Input { filenames, ..Input::default() };
        assert_eq!(inputs(&input).join(" "), "-f 'https://host/a.yaml?token=***&b=c' -f 'a b.yaml'");
    }

    #[test]
    fn the_way_to_the_server_is_repeated_whole_but_for_secrets() {
        let to = Connection {
            namespace: Some(String::new()),
            token: Some("t0ken".into()),
            impersonate: Some("jane".into()),
            as_uid: Some("7".into()),
            as_user_extra: vec![("scopes".into(), "a b".into())],
            certificate_authority: Some("ca.crt".into()),
            tls_server_name: Some("k".into()),
            request_timeout: Some(std::time::Duration::from_secs(5)),
            proxy_url: Some("http://u:S3cure99@proxy:1".into()),
            insecure_skip_tls_verify: Some(true),
            ..Connection::default()
        };
        assert_eq!(
            connection(&to).join(" "),
            "--as jane --as-uid 7 --certificate-authority ca.crt --tls-server-name k --request-timeout 5000ms \
             --proxy-url http://proxy:1 --as-user-extra 'scopes=a b' --insecure-skip-tls-verify=true"
        );
    }
}
