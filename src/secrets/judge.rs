//! Whether a value that stands under a name is a secret.

use super::name::{Class, class, words};
use super::words::{PLACEHOLDERS, WORDS};
use super::{Why, shape};

/// Why the whole of `value` is a secret, as it stands under `name`.
pub(super) fn judge(name: &str, value: &str) -> Option<Why> {
    let class = class(name)?;
    let value = value.trim();
    if value.is_empty() || value.len() > LONGEST || value.contains('\n') || is_placeholder(value) || is_reference(value)
    {
        return None;
    }
    let lower = value.to_ascii_lowercase();
    if is_bland(&lower, class) || is_address(value) {
        return None;
    }
    match class {
        Class::Password if value.contains(char::is_whitespace) && value.split_whitespace().count() > 4 => None,
        Class::Password if WORDS.known.contains(&lower) || same_words(name, value) => Some(Why::Known),
        Class::Password => Some(Why::Name),
        Class::Secret | Class::Own | Class::Key if value.contains(char::is_whitespace) => None,
        Class::Own if echoes(name, value) && !WORDS.known.contains(&lower) => None,
        Class::Secret if is_number(value) || names_something(value) => None,
        Class::Secret | Class::Own if WORDS.known.contains(&lower) => Some(Why::Known),
        Class::Secret | Class::Own => Some(Why::Name),
        Class::Key => is_random(value).then_some(Why::Random),
    }
}

/// No password is longer; the others are told by their shapes.
const LONGEST: usize = 4096;

/// Whether a value waits for the real one.
pub(super) fn is_placeholder(value: &str) -> bool {
    PLACEHOLDERS.as_ref().is_some_and(|marks| marks.is_match(value))
        || value.starts_with("--")
        || value.find('<').is_some_and(|at| value[at..].contains('>'))
        || value.bytes().all(|byte| !byte.is_ascii_alphanumeric())
        || (value.starts_with("__") && value.ends_with("__"))
        || (value.starts_with('[') && value.ends_with(']'))
        || (value.starts_with('{') && value.ends_with('}'))
        || value.bytes().all(|byte| byte == value.as_bytes()[0]) && value.len() > 4
        || value.to_ascii_lowercase().starts_with("your")
        || value.to_ascii_lowercase().starts_with("my-")
            && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        || is_shouted(value)
        || value.ends_with("EXAMPLE")
        || value.ends_with("EXAMPLEKEY")
}

/// `SECRET`, `API_KEY`: in capitals what should be there.
fn is_shouted(value: &str) -> bool {
    let capitals = value.bytes().all(|byte| byte.is_ascii_uppercase() || b"_-".contains(&byte));
    capitals && words(value).iter().any(|word| is_secret_word(word))
}

/// Whether a value only says where the secret stands.
pub(super) fn is_reference(value: &str) -> bool {
    let begins = |start: &String| value.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    // A password may begin with a sign; a reference that does goes on with a name.
    value.ends_with("@azurekeyvault")
        || WORDS.references.iter().any(|start| match start.as_str() {
            "#" | "!" | "*" | "&" | "%" => value.strip_prefix(start.as_str()).is_some_and(|rest| rest.is_empty()),
            "/" => begins(start) && is_path(value),
            "$" => begins(start) && !value[1..].starts_with(|c: char| c.is_ascii_digit()),
            _ => begins(start),
        })
}

fn is_path(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
        && value.bytes().filter(|byte| *byte == b'/').count() >= 1
        && !is_random(value.trim_start_matches('/'))
}

fn is_bland(lower: &str, class: Class) -> bool {
    let duration = lower.strip_suffix(|c: char| "smhdy".contains(c)).is_some_and(|digits| {
        !digits.is_empty() && digits.len() < 6 && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let file =
        [".pem", ".crt", ".key", ".json", ".yaml", ".yml", ".txt", ".jks", ".p12", ".conf", ".properties", ".pub"];
    let program = lower.ends_with(')') && lower.contains('(') || lower.contains("()");
    duration
        || program
        || (WORDS.words.contains(lower) && !(class == Class::Password && WORDS.known.contains(lower)))
        || file.iter().any(|end| lower.ends_with(end))
        || is_weight(lower)
}

/// `10`, `1.5`, `-1`: under a name that is no password's.
fn is_number(value: &str) -> bool {
    value.parse::<f64>().is_ok()
}

/// A small number is a setting whatever it is called.
fn is_weight(value: &str) -> bool {
    value.len() < 4 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// An address without a password, or the name of a host.
fn is_address(value: &str) -> bool {
    let mut hits = Vec::new();
    if value.contains("://") {
        shape::shapes(value, &mut hits);
        return hits.is_empty();
    }
    let (host, port) = value.split_once(':').unwrap_or((value, "0"));
    let labels: Vec<&str> = host.split('.').collect();
    let label = |label: &&str| {
        !label.is_empty() && label.len() < 30 && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    port.bytes().all(|byte| byte.is_ascii_digit()) && labels.len() > 2 && labels.iter().all(label)
}

/// `DB_PASSWORD: db_password`: everybody tries that, or it is the name of a key.
fn same_words(name: &str, value: &str) -> bool {
    words(name) == words(value)
}

/// Whether a value reads like the name of an object or of a key: `web-credentials`, `api_token`, `app.kubernetes.io/x`.
fn names_something(value: &str) -> bool {
    let letters = value.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_./:".contains(&byte));
    if !letters {
        return false;
    }
    let words = words(value);
    let one_case = !value.bytes().any(|byte| byte.is_ascii_uppercase());
    let readable = |word: &String| word.len() < 16 && has_vowels(word);
    words.len() > 1 && (words.iter().any(|word| is_secret_word(word)) || (one_case && words.iter().all(readable)))
        || words.len() == 1 && is_name_word(&words[0])
        || value.contains('/') && one_case && words.iter().all(readable)
}

fn is_secret_word(word: &str) -> bool {
    WORDS.passwords.contains(word)
        || WORDS.secrets.contains(word)
        || ["key", "username", "user", "login", "keys", "secrets", "tokens"].contains(&word)
}

/// `secret`, `mykey`, `appsecrets`, unless it is a password that is tried first.
fn is_name_word(word: &str) -> bool {
    let own = word.strip_prefix("my").unwrap_or(word);
    (is_secret_word(own) || word.ends_with("secrets")) && !WORDS.known.contains(word)
}

/// Whether a value only says its name once more: `JWT_SECRET: jwt-secret`.
fn echoes(name: &str, value: &str) -> bool {
    let own = words(name);
    let object = value.contains('/') && names_something(value);
    is_number(value) || object || words(value).iter().all(|word| own.contains(word) || is_secret_word(word))
}

fn has_vowels(word: &str) -> bool {
    word.len() < 4 || word.bytes().any(|byte| b"aeiouy".contains(&byte))
}

/// Whether a value looks like made by chance: long, of three kinds of characters, and hardly any of them twice.
pub(super) fn is_random(value: &str) -> bool {
    let length = value.len();
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    if !(20..=LONGEST).contains(&length) || !value.bytes().all(alphabet) {
        return false;
    }
    let hex = length >= 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let kinds: [fn(&u8) -> bool; 3] = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit];
    let mixed = kinds.iter().all(|kind| value.bytes().filter(kind).count() >= 2);
    let bits = entropy(value.as_bytes());
    (mixed && bits > 3.9 && changes(value) * 4 > length) || (hex && bits > 3.0)
}

/// How often the kind of character changes.
fn changes(value: &str) -> usize {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    value.as_bytes().windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count()
}

/// Bits for each byte, after Shannon.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|byte| counts[*byte as usize] += 1);
    let length = bytes.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets() {
        for (name, value, why) in [
            ("DB_PASSWORD", "S3cure!pa55", Why::Name),
            ("DB_PASSWORD", "wordpress-pass", Why::Name),
            ("DB_PASSWORD", "a7<c--9Qx", Why::Name),
            ("DB_PASSWORD2", "S3cure!pa55", Why::Name),
            ("DB_PASSWORD", "changeme", Why::Known),
            ("MYSQL_ROOT_PASSWORD", "123456", Why::Known),
            ("API_TOKEN", "f7a9s8d7f6as98df7a6s", Why::Name),
            ("SESSION_SECRET", "keyboardcatz9", Why::Name),
            ("JWT_SECRET", "supersecret", Why::Known),
            ("JWT_SECRET", "shop-jwt-secret-prod", Why::Name),
            ("SECRET_KEY", "super-secret-value", Why::Name),
            ("SECRET_KEY", "password", Why::Known),
            ("DB_PASSWORD", "example", Why::Known),
            ("DATADOG_KEY", "0c2f4e6a8b1d3f5a7c9e0b2d4f6a8c0e", Why::Random),
        ] {
            assert_eq!(judge(name, value), Some(why), "{name}");
        }
    }

    #[test]
    fn what_is_no_secret() {
        for (name, value) in [
            ("DB_PASSWORD", ""),
            ("DB_PASSWORD", "<your password>"),
            ("DB_PASSWORD", "${DB_PASSWORD}"),
            ("DB_PASSWORD", "$(DB_PASSWORD)"),
            ("DB_PASSWORD", "{{ .Values.password }}"),
            ("DB_PASSWORD", "REPLACE_ME"),
            ("DB_PASSWORD", "xxxxxxxx"),
            ("COOKIE_SECRET", "SECRET"),
            ("DB_PASSWORD", "*****"),
            ("DB_PASSWORD", "vault:secret/data/db#password"),
            ("DB_PASSWORD", "/run/secrets/db"),
            ("SECRET", "web-credentials"),
            ("TOKEN", "true"),
            ("TOKEN", "3600"),
            ("TOKEN", "30m"),
            ("API_KEY", "api-key"),
            ("JWT_SECRET", "jwt-secret"),
            ("basic-auth-secret", "web/basic-auth"),
            ("API_KEY", "shop-token"),
            ("API_TOKEN", "shopsecrets"),
            ("SECRET", "inject@azurekeyvault"),
            ("API_TOKEN", "https://issuer.example.com/token"),
            ("AUTH_TOKEN", "auth.shop.svc.cluster.local"),
            ("PARTITION_KEY", "user-id"),
            ("SORT_KEY", "0c2f4e6a8b1d3f5a7c9e0b2d4f6a8c0e"),
            ("IMAGE", "S3cure!pa55"),
            ("PASSWORD_FILE", "S3cure!pa55"),
        ] {
            assert_eq!(judge(name, value), None, "{name}: {value}");
        }
    }
}
