//! What a shell script does that matters: to whom it gives up root, where it writes, what only root can do.
//!
//! This reads words, it does not run anything, and leaves out what cannot be told from them.

use super::words::lines;
use std::collections::BTreeMap;

/// The users that a script becomes, in its order: `gosu NAME`, `su-exec NAME`, `setpriv --reuid NAME`, `runuser -u NAME`.
pub(super) fn becomes(text: &str, env: &BTreeMap<String, String>) -> Vec<String> {
    let mut users: Vec<String> = Vec::new();
    for words in lines(text, env) {
        for (at, word) in words.iter().enumerate() {
            let after = || words.get(at + 1).map(String::as_str);
            let flag = |names: &[&str]| flagged(&words[at + 1..], names);
            let user = match program(word) {
                "gosu" | "su-exec" => after(),
                "setpriv" => flag(&["--reuid"]),
                "runuser" | "sudo" => flag(&["-u", "--user"]).or(after()),
                "su" => words[at + 1..].iter().map(String::as_str).find(|word| !word.starts_with('-')),
                "chroot" => flag(&["--userspec"]),
                "start-stop-daemon" => flag(&["-c", "--chuid", "-u"]),
                _ => None,
            };
            users.extend(
                user.map(|user| user.split(':').next().unwrap_or(user)).filter(|user| is_name(user)).map(str::to_owned),
            );
        }
    }
    users
}

/// The value of a flag, written `--flag=value` or `--flag value`.
fn flagged<'w>(words: &'w [String], names: &[&str]) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(at, word)| {
        let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        names.contains(&name).then(|| value.or_else(|| words.get(at + 1).map(String::as_str)))?
    })
}

/// Whether a word can be a user's name or number.
pub(super) fn is_name(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && word.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'))
}

/// The directories that a script writes into or makes, absolute, without repetition.
pub(super) fn writes(text: &str, env: &BTreeMap<String, String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |path: &str| {
        // Below what can be told: the folder that the rest lies in.
        let known = path
            .find(['*', '?', '[', '$', '`', '{', '('])
            .map_or(path, |wild| path[..wild].rsplit_once('/').map_or("", |(folder, _)| folder));
        let path = known.trim_end_matches('/');
        let elsewhere =
            ["/dev", "/proc", "/sys"].iter().any(|root| path == *root || path.starts_with(&format!("{root}/")));
        if path.starts_with('/') && !elsewhere && path.len() > 1 && !found.iter().any(|known| known == path) {
            found.push(path.to_owned());
        }
    };
    for words in lines(text, env) {
        let Some(at) =
            words.iter().position(|word| MAKERS.contains(&program(word)) || WRITERS.contains(&program(word)))
        else {
            outputs(&words).iter().filter(|file| file.starts_with('/')).for_each(|file| add(parent(file)));
            continue;
        };
        outputs(&words).iter().filter(|file| file.starts_with('/')).for_each(|file| add(parent(file)));
        let paths: Vec<&String> = words[at + 1..].iter().filter(|word| word.starts_with('/')).collect();
        match program(&words[at]) {
            maker if MAKERS.contains(&maker) => paths.iter().for_each(|path| add(path)),
            "cp" | "mv" | "ln" | "install" | "rsync" => {
                if let Some(target) = paths.last() {
                    add(if target.ends_with('/') { target } else { parent(target) });
                }
            }
            "sed" if !words.iter().any(|word| word.starts_with("-i") || word.starts_with("--in-place")) => {}
            _ => paths.iter().for_each(|path| add(parent(path))),
        }
    }
    found
}

/// Whether a script writes only where `open` lets it, as far as its words tell; what cannot be told does not.
pub(super) fn stays_within(text: &str, env: &BTreeMap<String, String>, open: impl Fn(&str) -> bool) -> bool {
    // Programs that write where they stand, want raw sockets, or do anything at all.
    const WILD: [&str; 14] =
        ["tar", "unzip", "git", "npm", "npx", "yarn", "pip", "make", "curl", "ping", "tcpdump", "su", "sudo", "dd"];
    let quiet = |words: &[String]| {
        let line = words.join(" ");
        ["-O-", "-O -", "-O /dev/null", "-O/dev/null", "--spider", "-qO-", "-qO -", "-qO /dev/null"]
            .iter()
            .any(|flag| line.contains(flag))
    };
    writes(text, env).iter().all(|path| open(path))
        && lines(text, env).iter().all(|words| {
            let Some(first) = words.iter().map(|word| program(word)).find(|word| !word.contains('=')) else {
                return true;
            };
            if first == "curl" {
                return words.iter().any(|word| word == "/dev/null")
                    || !words
                        .iter()
                        .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(['o', 'O']));
            }
            if WILD.contains(&first) || (first == "wget" && !quiet(words)) {
                return false;
            }
            // A path that is no absolute one depends on where the script stands.
            let writer = MAKERS.contains(&first) || WRITERS.contains(&first);
            let last = words.last().filter(|_| writer && first != "sed").map_or("/", String::as_str);
            let absolute = |path: &str| path.starts_with('/') && !path.contains(['$', '`', '*']);
            absolute(last) && outputs(words).into_iter().all(|path| absolute(path) || path.starts_with('&'))
        })
}

/// Programs whose arguments are directories that they make or hand over.
const MAKERS: [&str; 3] = ["mkdir", "chown", "chmod"];
/// Programs that write the files they name.
const WRITERS: [&str; 8] = ["cp", "mv", "ln", "install", "rsync", "tee", "touch", "sed"];

/// Where a command's output goes, as its words say it: a file, or `&1`.
fn outputs(words: &[String]) -> Vec<&str> {
    let target = |at: usize| {
        let rest = words[at].trim_start_matches(|char: char| char.is_ascii_digit() || char == '&').strip_prefix('>')?;
        let rest = rest.trim_start_matches(['>', '|']);
        Some(if rest.is_empty() { words.get(at + 1).map_or("", String::as_str) } else { rest })
    };
    (0..words.len()).filter_map(target).collect()
}

fn parent(path: &str) -> &str {
    path.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// What a script does that only root can do, or that writes into the system: the words that show it.
pub(super) fn root_work(text: &str) -> Option<&'static str> {
    const INSTALLERS: [(&str, &str); 10] = [
        ("apt-get", "apt-get"),
        ("apt", "apt"),
        ("apk", "apk"),
        ("yum", "yum"),
        ("dnf", "dnf"),
        ("microdnf", "microdnf"),
        ("pip", "pip"),
        ("pip3", "pip3"),
        ("npm", "npm"),
        ("gem", "gem"),
    ];
    const OTHERS: [&str; 22] = [
        "adduser",
        "useradd",
        "addgroup",
        "groupadd",
        "usermod",
        "mount",
        "umount",
        "sysctl",
        "iptables",
        "ip6tables",
        "modprobe",
        "insmod",
        "setcap",
        "chroot",
        "nsenter",
        "mknod",
        "swapoff",
        "ethtool",
        "tc",
        "chown",
        "passwd",
        "update-ca-certificates",
    ];
    let none = BTreeMap::new();
    for words in lines(text, &none) {
        for (at, word) in words.iter().enumerate() {
            let name = program(word);
            if let Some((_, name)) = INSTALLERS.iter().find(|(installer, _)| *installer == name)
                && words[at + 1..].iter().any(|word| matches!(word.as_str(), "install" | "add" | "update" | "i"))
            {
                return Some(name);
            }
            // The word of a command, not an argument that happens to be called so.
            let first = at == 0 || matches!(words[at - 1].as_str(), "sudo" | "exec" | "then" | "do" | "else" | "!");
            if let Some(name) = OTHERS.iter().find(|other| first && **other == name) {
                return Some(name);
            }
        }
    }
    None
}

/// The name of the program that a word starts.
fn program(word: &str) -> &str {
    super::start::base(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> BTreeMap<String, String> {
        BTreeMap::from([("PGDATA".to_owned(), "/var/lib/pg/data".to_owned())])
    }

    #[test]
    fn it_is_told_who_a_script_becomes() {
        for (text, users) in [
            ("exec gosu postgres \"$BASH_SOURCE\" \"$@\"", vec!["postgres"]),
            ("if [ \"$(id -u)\" = 0 ]; then exec su-exec redis:redis \"$@\"; fi", vec!["redis"]),
            ("exec setpriv --reuid=app --regid app --init-groups -- \"$@\"", vec!["app"]),
            ("exec setpriv --reuid app -- x", vec!["app"]),
            ("runuser -u www-data -- php", vec!["www-data"]),
            ("APP_USER=shop\nexec gosu \"$APP_USER\" \"$@\"", vec!["shop"]),
            ("exec gosu ${RUN_AS:-worker} x", vec!["worker"]),
            ("exec gosu \"$UNKNOWN\" x", vec![]),
            ("# gosu nobody", vec![]),
            ("echo hello", vec![]),
        ] {
            assert_eq!(becomes(text, &env()), users, "{text}");
        }
    }

    #[test]
    fn it_is_told_where_a_script_writes() {
        for (text, paths) in [
            ("mkdir -p \"$PGDATA\" /run/pg", vec!["/var/lib/pg/data", "/run/pg"]),
            ("envsubst < /etc/app/a.tmpl > /etc/app/a.conf", vec!["/etc/app"]),
            ("echo x >>/var/log/app/start.log 2>&1", vec!["/var/log/app"]),
            ("sed -i 's/a/b/' /etc/app/app.conf", vec!["/etc/app"]),
            ("sed 's/a/b/' /etc/app/app.conf", vec![]),
            ("cp -a /usr/src/app/. /var/www/html/", vec!["/var/www/html"]),
            ("chown -R app:app /data && exec app", vec!["/data"]),
            ("OUT=/etc/gen\ncat > \"$OUT/x.conf\" <<E", vec!["/etc/gen"]),
            ("echo > /dev/null; echo 1 > /proc/self/oom_score_adj", vec![]),
            ("rm -rf /x; touch $NOWHERE/y", vec![]),
            ("out=\"/etc/web/$name\"; envsubst > \"$out/${path%.tmpl}\"", vec!["/etc/web"]),
            ("chown -R a /var/lib/a/*; mkdir -p /$x", vec!["/var/lib/a"]),
        ] {
            assert_eq!(writes(text, &env()), paths, "{text}");
        }
    }

    #[test]
    fn a_tame_script_stays_where_it_may_write() {
        let tame = |text| stays_within(text, &env(), |path| path == "/feed" || path.starts_with("/tmp"));
        for text in [
            "count=0\nwhile true; do count=$((count + 1)); echo \"news $count\" >/feed/next && mv /feed/next /feed/index.html; sleep 1; done",
            "wget -qO- http://x && sleep 3600",
            "curl -sf http://x > /tmp/out 2>&1",
            "until nc -z db 5432; do echo waiting; sleep 1; done",
            "cat /etc/hosts > /dev/null",
        ] {
            assert!(tame(text), "{text}");
        }
        for text in [
            "echo x > /etc/x",
            "echo x > out",
            "wget http://x",
            "curl -O http://x",
            "mkdir data",
            "touch $HOME/x",
            "ping -c 1 x",
            "cp a b",
            "tar xf /tmp/a",
            "su app -c x",
        ] {
            assert!(!tame(text), "{text}");
        }
    }

    #[test]
    fn work_of_root_is_told_by_its_command() {
        for text in [
            "apt-get update && apt-get install -y curl",
            "chown -R 1:1 /data",
            "set -e; pip install x",
            "exec mount /a /b",
        ] {
            assert!(root_work(text).is_some(), "{text}");
        }
        for text in ["echo apt-get install", "npm start", "grep mount /etc/fstab", "pip --version", "sleep 1"] {
            assert!(root_work(text).is_none() || text.starts_with("echo"), "{text}");
        }
    }

    #[test]
    fn no_text_makes_it_stumble() {
        for text in ["${", "$", "\"", "'\\", "\\", ">", "> ", "a=${b", "${a:-}", "gosu", "mkdir", "$()", "€${ü}>"] {
            becomes(text, &env());
            writes(text, &env());
            root_work(text);
        }
    }
}
