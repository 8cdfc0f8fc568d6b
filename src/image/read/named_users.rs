//! Users that configuration files name: `user nginx;`, `User www-data`, `user = mysql`.

/// Directories of the system's own configuration: their users are not the program's.
const SYSTEM: &[&str] = &[
    "etc/adduser.conf",
    "etc/alternatives/",
    "etc/apt/",
    "etc/cron",
    "etc/deluser.conf",
    "etc/init.d/",
    "etc/logrotate.d/",
    "etc/pam.d/",
    "etc/profile.d/",
    "etc/rc",
    "etc/security/",
    "etc/skel/",
    "etc/ssh/",
    "etc/ssl/",
    "etc/sudoers",
    "etc/systemd/",
];

/// The words before a user's name, in lower case. nginx, Apache, php-fpm, MariaDB, supervisord; squid; memcached and
/// others; Debian's Apache.
const KEYS: &[&str] = &["user", "cache_effective_user", "setuid", "run_as", "apache_run_user"];

/// Whether a file is where programs have their configuration. `path` has no leading slash.
pub(super) fn may_be_in(path: &str) -> bool {
    if SYSTEM.iter().any(|system| path.starts_with(system)) {
        return false;
    }
    let folders: Vec<&str> = path.split('/').collect();
    match folders.as_slice() {
        ["etc", _, ..] | ["usr", "local", "etc", _, ..] => true,
        ["opt", inner @ .., _] | ["usr", "local", inner @ .., _] => {
            inner.iter().any(|folder| matches!(*folder, "etc" | "conf" | "config"))
        }
        _ => false,
    }
}

/// The names in a text, each once, in their order.
pub(super) fn of(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.lines().filter_map(named) {
        if names.len() < 16 && !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The name on a line.
fn named(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let end = line.find(|character: char| character.is_whitespace() || character == '=')?;
    let (key, rest) = line.split_at(end);
    if !KEYS.iter().any(|known| key.eq_ignore_ascii_case(known)) {
        return None;
    }
    let value = rest.trim_start().strip_prefix('=').unwrap_or(rest).trim_start();
    let value = value.split([' ', '\t', ';', '#', ':']).next()?.trim_matches(['"', '\'']);
    let right = value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && value.len() <= 32
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    (right && value != "root").then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{may_be_in, of};

    #[test]
    fn the_ways_to_name_a_user() {
        let named = |text: &str| of(text).join(" ");
        assert_eq!(named("user  nginx;\nworker_processes auto;"), "nginx");
        assert_eq!(named("user www-data www-data;"), "www-data");
        assert_eq!(named("User daemon\nGroup daemon"), "daemon");
        assert_eq!(named("[mysqld]\nuser            = mysql"), "mysql");
        assert_eq!(named("[program:app]\n  user=app ; not root"), "app");
        assert_eq!(named("cache_effective_user proxy"), "proxy");
        assert_eq!(named("user = \"bird\""), "bird");
        assert_eq!(named(": ${APACHE_RUN_USER:=www-data}\nexport APACHE_RUN_USER=www-data"), "www-data");
        assert_eq!(named("user a\nuser b\nuser a"), "a b");
    }

    #[test]
    fn what_names_none() {
        for text in [
            "# user nginx;",
            "; user = mysql",
            "//user x",
            "user",
            "user=",
            "user = root",
            "User ${APACHE_RUN_USER}",
            "username = admin",
            "users x",
            "user = /x",
            "user 33",
        ] {
            assert!(of(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn where_configuration_lies() {
        for path in [
            "etc/nginx/nginx.conf",
            "etc/memcached.conf",
            "usr/local/etc/php-fpm.d/www.conf",
            "opt/a/conf/x",
            "usr/local/apache2/conf/httpd.conf",
        ] {
            assert!(may_be_in(path), "{path}");
        }
        for path in
            ["etc/cron.d/x", "etc/ssh/sshd_config", "usr/share/etc/x", "home/etc/x", "opt/a/b", "usr/local/conf"]
        {
            assert!(!may_be_in(path), "{path}");
        }
    }
}
