//! The user a container should run as.

use super::named::{candidates, programs, supervisor};
use super::tree::{find_group, find_user, program};
use super::{Because, Certainty, Start};
use crate::image::{AnyUid, Basis, Contents, Facts, Known, NodeRole};
use std::collections::BTreeMap;

/// The `nonroot` user of the distroless images: above the range that distributions and people give out, so that it owns
/// nothing by accident.
pub const NONROOT: u32 = 65532;

/// What is known of the user.
#[derive(Debug, Clone, PartialEq)]
pub enum UserAdvice {
    /// It can be told to run as this one.
    As(RunAs),
    /// It has to stay root.
    Root {
        /// Why, a clause.
        why: String,
        /// What the program needs of the node, where that is why.
        node: Option<NodeRole>,
    },
    /// Nothing is known that names one.
    Unknown {
        /// What is known nevertheless, a clause: how the image starts.
        why: String,
    },
}

/// A user for a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunAs {
    /// Above 0.
    pub uid: u32,
    /// Its group, where it is known and not the one that the runtime takes anyway.
    pub gid: Option<u32>,
    /// Variables without which the program does not start as this user.
    pub env: BTreeMap<String, String>,
    /// Whether any other user would do as well: the image has no program of its own, or none that minds.
    pub any: bool,
    /// Whether the program becomes this user by itself when it starts as root.
    pub drops: bool,
    /// What it rests on.
    pub because: Because,
}

/// The user that a container of this image can run as.
///
/// `on_node` says whether the pod touches its node (its network, processes or files): only then does a program work as an
/// agent of the node, which may run as an ordinary service elsewhere.
pub fn user(known: &Known, start: &Start<'_>, on_node: bool) -> UserAdvice {
    let contents = known.contents.as_deref();
    if let Some(facts) = &known.facts
        && let Some(advice) = by_facts(known, facts, start, on_node)
    {
        return advice;
    }
    if let Some(work) = start.root_work(contents.map(|contents| &contents.config)) {
        return UserAdvice::Unknown { why: format!("its command runs {work}, which is work for root") };
    }
    match contents {
        Some(contents) => by_contents(contents, start),
        None => match &known.facts {
            Some(_) => UserAdvice::Unknown { why: format!("the user has no known number [{}]", known.facts_origin()) },
            None => UserAdvice::Unknown { why: "nothing is known of the image".to_owned() },
        },
    }
}

/// What the facts say; nothing where they leave it to the image.
fn by_facts(known: &Known, facts: &Facts, start: &Start<'_>, on_node: bool) -> Option<UserAdvice> {
    let origin = known.facts_origin();
    if let Some(node) =
        facts.node.clone().filter(|node| on_node && node.rules.iter().any(|rule| rule == "run-as-non-root"))
    {
        return Some(UserAdvice::Root { why: format!("{}: {} [{origin}]", node.what, node.why), node: Some(node) });
    }
    if let Some(why) = &facts.needs_root {
        return Some(UserAdvice::Root { why: format!("{why} [{origin}]"), node: None });
    }
    if let Some(work) = start.root_work(None) {
        let why = format!("its command runs {work}, which is work for root");
        return Some(UserAdvice::Unknown { why });
    }
    let known_by_trial = facts
        .basis
        .iter()
        .any(|basis| matches!(basis, Basis::Measured | Basis::Source | Basis::Chart | Basis::Profile));
    let (uid, gid, mut certainty) = match known.user() {
        Some((0, _)) => return Some(UserAdvice::Root { why: format!("it runs as root [{origin}]"), node: None }),
        Some((uid, gid)) => {
            let pinned = !matches!(
                facts.user.basis,
                Some(
                    crate::image::UserBasis::DistroDefault
                        | crate::image::UserBasis::General
                        | crate::image::UserBasis::Unknown
                )
            ) || facts.any_uid == AnyUid::Yes;
            (uid, gid, if pinned { Certainty::Proven } else { Certainty::Inferred })
        }
        // Whoever owns the data: what is mounted is given to the user, what is not belongs to it anyway.
        None if facts.any_uid == AnyUid::Data => (NONROOT, None, Certainty::Inferred),
        None if facts.any_uid == AnyUid::Yes => {
            (NONROOT, None, if known_by_trial { Certainty::Proven } else { Certainty::Inferred })
        }
        None => return None,
    };
    if start.is_unclear(None, &super::open_paths(facts)) {
        certainty = Certainty::Guess;
    } else if facts.runs_anything || start.is_stated() {
        // Not the program that the facts are about, or none of the image's own: what it is told to run decides.
        certainty = certainty.max(Certainty::Inferred);
    }
    // As root the program makes a directory that is not there.
    let known_path = |path: &str| {
        let mut paths = facts.writable.iter().flatten().map(|entry| &entry.path).chain(&facts.volumes);
        paths.any(|known| super::tree::is_within(path, known))
    };
    let strange = start.strange_directory(known_path).filter(|_| facts.user.config.as_deref() == Some(""));
    if strange.is_some() {
        certainty = Certainty::Guess;
    }
    let how = match facts.user.config.as_deref() {
        _ if facts.user.uid.is_none() => format!("{} runs as any user", facts.id),
        None => format!("{} runs as {uid}", facts.id),
        Some("") => format!("{}: USER root, starts as {uid} when told so", facts.id),
        Some(user) => format!("{}: USER {user}, which is {uid}", facts.id),
    };
    let doubt =
        strange.map(|path| format!(", but nothing is known of {path}, where it is to write")).unwrap_or_default();
    let evidence = format!("{how}{doubt} [{origin}]");
    Some(UserAdvice::As(RunAs {
        uid,
        gid: gid.filter(|gid| *gid != 0),
        env: facts.set_env.clone(),
        any: facts.any_uid == AnyUid::Yes && (facts.runs_anything || facts.user.uid.is_none()),
        drops: facts.user.config.as_deref().is_some_and(|user| !user.is_empty() && user != "root")
            || facts.root_start.as_ref().is_some_and(|start| start.drops != "none"),
        because: certainty.because(evidence),
    }))
}

/// Programs that become the user who logs in or whose job it is: root is what they are for.
const ROOT_PROGRAMS: [&str; 14] = [
    "sshd",
    "cron",
    "crond",
    "dockerd",
    "containerd",
    "kubelet",
    "systemd",
    "dovecot",
    "postfix",
    "vsftpd",
    "smbd",
    "rpcbind",
    "rsyslogd",
    "xinetd",
];
/// The users that every distribution has for nobody and above.
const NOBODY: u32 = 65532;

/// What the image itself says.
fn by_contents(contents: &Contents, start: &Start<'_>) -> UserAdvice {
    let config = &contents.config;
    let (user, group) = match config.user.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (config.user.as_str(), None),
    };
    let files = contents.files.as_ref();
    let found = |uid: u32, gid: Option<u32>, certainty: Certainty, evidence: String| {
        UserAdvice::As(RunAs {
            uid,
            gid: gid.filter(|gid| *gid != 0),
            env: BTreeMap::new(),
            any: uid == NONROOT && certainty == Certainty::Inferred,
            // The image's own user, or the one its start script becomes.
            drops: certainty == Certainty::Proven || uid != NONROOT,
            because: certainty.because(evidence),
        })
    };
    let group = group.and_then(|group| files.map_or_else(|| group.parse().ok(), |files| find_group(files, group)));
    match user.parse::<u32>() {
        Ok(0) => {}
        Ok(uid) => return found(uid, group, Certainty::Proven, format!("the image's own USER is {uid} [image]")),
        Err(_) if user.is_empty() || user == "root" => {}
        Err(_) => {
            return match files.and_then(|files| find_user(files, user)) {
                Some(entry) if entry.uid > 0 => {
                    let evidence = format!("the image's USER {user} is {} in its passwd [image]", entry.uid);
                    found(entry.uid, group.or(Some(entry.gid)), Certainty::Proven, evidence)
                }
                Some(_) => UserAdvice::Unknown { why: format!("the image's USER {user} is root [image]") },
                None => UserAdvice::Unknown { why: format!("the image's USER {user} has no known number [image]") },
            };
        }
    }
    let Some(files) = files else {
        return UserAdvice::Unknown { why: "the image starts as root [image]".to_owned() };
    };
    let line = start.line(Some(config));
    let started = programs(files, &line);
    if let Some(program) = started.iter().find(|name| ROOT_PROGRAMS.contains(&name.as_str())) {
        return UserAdvice::Root { why: format!("{program} is made to run as root [image]"), node: None };
    }
    if let Some(program) = supervisor(&started) {
        return UserAdvice::Root { why: format!("{program} starts other programs as root [image]"), node: None };
    }
    for (name, how) in candidates(contents, files, &line) {
        if let Some(entry) = find_user(files, &name).filter(|entry| entry.uid > 0) {
            let evidence = format!("{how} {} ({}) [image]", entry.name, entry.uid);
            return found(entry.uid, Some(entry.gid), Certainty::Inferred, evidence);
        }
    }
    let bare =
        files.users.iter().all(|user| user.uid == 0 || user.uid >= NOBODY) && program(files, "sh", None).is_none();
    if bare && !line.is_empty() && start.script(Some(config)).is_none() {
        let evidence = "the image holds a program and no system: there is nothing in it that a user must own [image]";
        return found(NONROOT, None, Certainty::Inferred, evidence.to_owned());
    }
    UserAdvice::Unknown { why: "the image starts as root and names no other user [image]".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Config, Dir, Files, ImageUser, NamedUser};
    use std::sync::Arc;

    fn contents(config: Config, change: impl FnOnce(&mut Files)) -> Known {
        let user = |name: &str, uid| ImageUser { name: name.into(), uid, gid: uid, home: "/".into() };
        let mut files = Files {
            users: vec![user("root", 0), user("www-data", 33), user("postgres", 999), user("app", 1000)],
            ..Files::default()
        };
        change(&mut files);
        Known {
            facts: None,
            contents: Some(Arc::new(Contents { config, files: Some(files), ..Contents::default() })),
            ..Known::default()
        }
    }

    fn told(known: &Known) -> Option<(u32, Certainty)> {
        match user(known, &Start::default(), true) {
            UserAdvice::As(run) => Some((run.uid, run.because.certainty)),
            _ => None,
        }
    }

    fn entry(words: &[&str]) -> Config {
        Config { entrypoint: words.iter().map(|word| (*word).to_owned()).collect(), ..Config::default() }
    }

    #[test]
    fn the_images_own_user_is_proven() {
        let user = |user: &str| contents(Config { user: user.into(), ..Config::default() }, |_| {});
        assert_eq!(told(&user("472")), Some((472, Certainty::Proven)));
        assert_eq!(told(&user("472:0")), Some((472, Certainty::Proven)));
        assert_eq!(told(&user("app")), Some((1000, Certainty::Proven)));
        assert_eq!(told(&user("app:www-data")), Some((1000, Certainty::Proven)));
        for root in ["", "0", "root", "0:0", "missing"] {
            assert_eq!(told(&user(root)), None, "{root}");
        }
    }

    #[test]
    fn a_root_image_tells_its_user_in_several_ways() {
        let script = contents(entry(&["/entry.sh"]), |files| {
            files.scripts.insert("/entry.sh".into(), "exec gosu postgres \"$@\"".into());
        });
        assert_eq!(told(&script), Some((999, Certainty::Inferred)));
        assert_eq!(told(&contents(entry(&["memcached", "-u", "app"]), |_| {})), Some((1000, Certainty::Inferred)));
        let configured = contents(entry(&["lighttpd", "-D"]), |files| {
            files.named_users.push(NamedUser { path: "/etc/lighttpd/lighttpd.conf".into(), name: "www-data".into() });
        });
        assert_eq!(told(&configured), Some((33, Certainty::Inferred)));
        assert_eq!(told(&contents(entry(&["apache2-foreground"]), |_| {})), Some((33, Certainty::Inferred)));
        assert_eq!(told(&contents(entry(&["postgres"]), |_| {})), Some((999, Certainty::Inferred)));
        let owned = contents(Config { volumes: vec!["/data".into()], ..entry(&["serve"]) }, |files| {
            files.dirs.insert("/data".into(), Dir { uid: 1000, ..Dir::default() });
        });
        assert_eq!(told(&owned), Some((1000, Certainty::Inferred)));
        assert_eq!(told(&contents(entry(&["python3", "app.py"]), |_| {})), None);
    }

    #[test]
    fn who_logs_people_in_stays_root() {
        for program in ["/usr/sbin/sshd", "supervisord", "/init"] {
            let known = contents(entry(&[program]), |_| {});
            assert!(matches!(user(&known, &Start::default(), true), UserAdvice::Root { .. }), "{program}");
        }
    }

    #[test]
    fn a_command_that_installs_is_work_for_root() {
        let known = contents(Config { user: "1000".into(), ..Config::default() }, |_| {});
        let start = Start { command: vec!["sh", "-c", "apt-get install -y x"], ..Start::default() };
        assert!(matches!(user(&known, &start, true), UserAdvice::Unknown { .. }));
    }
}
