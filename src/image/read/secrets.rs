//! Private keys and files of credentials, by name and content. The content goes no further than this file.

use crate::image::Sight;
use memchr::memmem;

/// Files of credentials by the end of their path, each with words of which one is in it when it holds any.
const CREDENTIALS: &[(&str, &[&str])] = &[
    ("/.aws/credentials", &["aws_secret_access_key"]),
    ("/.cargo/credentials", &["token"]),
    ("/.cargo/credentials.toml", &["token"]),
    ("/.composer/auth.json", &["oauth", "http-basic", "bearer"]),
    ("/.config/gcloud/application_default_credentials.json", &["private_key", "refresh_token"]),
    ("/.docker/config.json", &["\"auth\"", "identitytoken"]),
    ("/.dockercfg", &["\"auth\""]),
    ("/.gem/credentials", &["api_key"]),
    ("/.git-credentials", &["://"]),
    ("/.kube/config", &["client-key-data", "token:", "password:"]),
    ("/.m2/settings.xml", &["<password>", "<privateKey>"]),
    ("/.my.cnf", &["password"]),
    ("/.netrc", &["password"]),
    ("/.npmrc", &["_authToken", "_auth", "_password"]),
    ("/.pgpass", &[":"]),
    ("/.pypirc", &["password"]),
    ("/_netrc", &["password"]),
];

/// Parts of paths where keys are samples: packages, their tests and documentation.
const SAMPLES: &[&str] = &[
    "/dist-packages/",
    "/doc/",
    "/docs/",
    "/example/",
    "/examples/",
    "/fixtures/",
    "/gems/",
    "/go/pkg/mod/",
    "/node_modules/",
    "/sample/",
    "/samples/",
    "/site-packages/",
    "/test/",
    "/testdata/",
    "/tests/",
    "/usr/lib/python",
    "/usr/local/go/",
    "/usr/local/lib/python",
    "/usr/share/",
    "snakeoil",
];

/// Words in the name of a variable whose value is a secret.
const SECRET_WORDS: &[&str] =
    &["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY"];

/// What a file may be by its path, which has no leading slash.
pub(super) fn may_be(path: &str) -> Option<Sight> {
    let path = format!("/{path}");
    if SAMPLES.iter().any(|part| path.contains(part)) {
        return None;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let named_key = name.starts_with("id_") && !name.ends_with(".pub")
        || name.starts_with("ssh_host_") && name.ends_with("_key")
        || [".pem", ".key", ".p8", "_rsa"].iter().any(|end| name.ends_with(end));
    if named_key {
        return Some(Sight::PrivateKey);
    }
    let listed = CREDENTIALS.iter().any(|(end, _)| path.ends_with(end));
    let service_account = name.ends_with(".json") && (name.contains("service") || name.contains("credential"));
    (listed || service_account || is_env(name)).then_some(Sight::Credentials)
}

/// What a file is.
pub(super) fn see(path: &str, content: &[u8]) -> Option<Sight> {
    let sight = may_be(path)?;
    let path = format!("/{path}");
    let name = path.rsplit('/').next().unwrap_or_default();
    let has = |words: &str| memmem::find(content, words.as_bytes()).is_some();
    let seen = if sight == Sight::PrivateKey {
        has("-----BEGIN ") && has("PRIVATE KEY-----")
    } else if let Some((_, words)) = CREDENTIALS.iter().find(|(end, _)| path.ends_with(end)) {
        words.iter().any(|words| has(words))
    } else if is_env(name) {
        std::str::from_utf8(content).is_ok_and(|text| text.lines().any(sets_secret))
    } else {
        has("\"private_key\"") && has("service_account")
    };
    seen.then_some(sight)
}

/// `.env`, `.env.production`; not those to copy from.
fn is_env(name: &str) -> bool {
    let end = name.strip_prefix(".env");
    end.is_some_and(|end| {
        (end.is_empty() || end.starts_with('.'))
            && ![".example", ".sample", ".template", ".dist", ".test"].iter().any(|copied| end.ends_with(copied))
    })
}

/// Whether a line of a file of variables sets a secret to a value of its own.
fn sets_secret(line: &str) -> bool {
    let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
    let Some((key, value)) = line.split_once('=') else { return false };
    let key = key.trim().to_ascii_uppercase();
    let value = value.trim().trim_matches(['"', '\'']);
    !key.starts_with('#')
        && SECRET_WORDS.iter().any(|word| key.contains(word))
        && !value.is_empty()
        && !value.starts_with('$')
        && !key.ends_with("_FILE")
}

#[cfg(test)]
mod tests {
    use super::see;
    use crate::image::Sight;

    const KEY: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n";

    #[test]
    fn private_keys() {
        for path in ["root/.ssh/id_ed25519", "etc/ssh/ssh_host_rsa_key", "app/tls.key", "srv/server.pem", "deploy_rsa"]
        {
            assert_eq!(see(path, KEY), Some(Sight::PrivateKey), "{path}");
        }
        for path in [
            "root/.ssh/id_rsa.pub",
            "usr/lib/python3/dist-packages/x/test.pem",
            "usr/local/lib/python3.13/test/certdata/keycert.pem",
            "usr/share/doc/x/key.pem",
            "app/node_modules/agent/test/key.pem",
            "etc/ssl/private/ssl-cert-snakeoil.key",
            "app/notes.txt",
        ] {
            assert_eq!(see(path, KEY), None, "{path}");
        }
        assert_eq!(see("etc/ssl/cert.pem", b"-----BEGIN CERTIFICATE-----\n"), None);
    }

    #[test]
    fn credentials() {
        let seen = [
            ("root/.npmrc", "//registry.npmjs.org/:_authToken=x"),
            ("root/.netrc", "machine a login b password c"),
            ("home/app/.pypirc", "[pypi]\npassword = x"),
            ("root/.docker/config.json", r#"{"auths": {"a": {"auth": "x"}}}"#),
            ("root/.aws/credentials", "[default]\naws_secret_access_key = x"),
            ("root/.git-credentials", "https://a:b@example.com"),
            ("app/.env", "DEBUG=1\nDB_PASSWORD=hunter2"),
            ("app/.env.production", "export API_TOKEN='x'"),
            ("app/service-account.json", r#"{"type": "service_account", "private_key": "x"}"#),
        ];
        for (path, text) in seen {
            assert_eq!(see(path, text.as_bytes()), Some(Sight::Credentials), "{path}");
        }
        let unseen = [
            ("root/.npmrc", "registry=https://registry.npmjs.org"),
            ("root/.docker/config.json", r#"{"auths": {}}"#),
            ("app/.env", "DB_PASSWORD=\n# TOKEN=x\nTOKEN=$OTHER\nPASSWORD_FILE=/run/secrets/x"),
            ("app/.env.example", "TOKEN=x"),
            ("app/services.json", "{}"),
            ("app/node_modules/x/.env", "TOKEN=x"),
        ];
        for (path, text) in unseen {
            assert_eq!(see(path, text.as_bytes()), None, "{path}: {text}");
        }
    }
}
