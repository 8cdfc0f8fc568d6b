//! Variables in texts, put in place as the kubelet does (`$(NAME)`) and as a shell does (`$NAME`, `${NAME}`, `${NAME:-else}`).

use std::collections::HashMap;

/// As long as a text may become: variables may hold variables.
const LONGEST: usize = 64 * 1024;
/// As deep as defaults may stand in defaults.
const DEEPEST: usize = 8;

/// What a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) value: String,
    /// Whether a Secret holds it, or a part of it.
    pub(super) secret: bool,
}

/// The variables of a container by their names.
pub(super) type Variables = HashMap<String, Variable>;

/// A text with the references of the kubelet put in place, and whether a secret is among what was put; `$$(NAME)` stands for
/// `$(NAME)` itself, and a name that is not known stays.
pub(super) fn of_kubelet(text: &str, variables: &Variables) -> Variable {
    let mut out = Variable { value: String::with_capacity(text.len()), secret: false };
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.value.push_str(&rest[..at]);
        rest = &rest[at..];
        let named = rest.strip_prefix("$(").and_then(|inner| inner.split_once(')'));
        if rest.starts_with("$$") {
            out.value.push('$');
            rest = &rest[2..];
        } else if let Some((known, behind)) = named.and_then(|(name, behind)| Some((variables.get(name)?, behind)))
            && out.put(known)
        {
            rest = behind;
        } else {
            out.value.push('$');
            rest = &rest[1..];
        }
    }
    out.value.push_str(rest);
    out
}

/// A script with the variables put in place that the container has, and with the defaults of those that it has not.
pub(super) fn of_shell(text: &str, variables: &Variables) -> Variable {
    shell(text, variables, DEEPEST)
}

fn shell(text: &str, variables: &Variables, deepest: usize) -> Variable {
    let mut out = Variable { value: String::with_capacity(text.len()), secret: false };
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let length = |text: &str| text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let braced = rest.strip_prefix('{');
        let inner = braced.unwrap_or(rest);
        let name = &inner[..length(inner)];
        let behind = &inner[name.len()..];
        let (default, behind) = match braced.map(|_| closing(behind)) {
            Some(Some(end)) => (default(&behind[..end]), Some(&behind[end + 1..])),
            Some(None) => (None, None),
            None => (None, Some(behind)),
        };
        let put = match (variables.get(name), default) {
            (Some(known), _) => behind.is_some() && out.put(known),
            (None, Some(default)) if !name.is_empty() && deepest > 0 => {
                out.put(&shell(default, variables, deepest - 1))
            }
            _ => false,
        };
        match behind {
            Some(behind) if put => rest = behind,
            _ => out.value.push('$'),
        }
    }
    out.value.push_str(rest);
    out
}

/// Where the brace closes that is open at the begin of a text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0;
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            b'\n' => return None,
            _ => {}
        }
    }
    None
}

/// What stands in for a variable that is not set: `db` of `:-db`, `-db`, `:=db` and `=db`.
fn default(behind: &str) -> Option<&str> {
    let behind = behind.strip_prefix(':').unwrap_or(behind);
    behind.strip_prefix(['-', '='])
}

impl Variable {
    /// Append another one; whether there is room for it.
    fn put(&mut self, other: &Self) -> bool {
        let room = self.value.len() + other.value.len() < LONGEST;
        if room {
            self.value.push_str(&other.value);
            self.secret |= other.secret;
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let one = |name: &str, value: &str, secret| (name.to_owned(), Variable { value: value.to_owned(), secret });
        Variables::from([one("HOST", "db", false), one("PORT", "80", false), one("PW", "x", true)])
    }

    #[test]
    fn variables_are_put_in_place() {
        let kubelet = of_kubelet("http://$(HOST):$(PORT)/$(NONE) $$(HOST) $HOST $(", &variables());
        assert_eq!(kubelet.value, "http://db:80/$(NONE) $(HOST) $HOST $(");
        let shell = of_shell("nc $HOST ${PORT:-81} ${NONE} $ $(x)", &variables());
        assert_eq!(shell.value, "nc db 80 ${NONE} $ $(x)");
        let defaults = of_shell("${A:-cache}:${B-${PORT:-1}} ${HOST:=x} ${A:?no} ${A:-", &variables());
        assert_eq!(defaults.value, "cache:80 db ${A:?no} ${A:-");
    }

    #[test]
    fn what_holds_a_secret_stays_one() {
        for text in ["$(PW)", "a $(HOST)$(PW)"] {
            assert!(of_kubelet(text, &variables()).secret, "{text}");
        }
        assert!(of_shell("${PW}", &variables()).secret && of_shell("${A:-$PW}", &variables()).secret);
        assert!(!of_kubelet("$(HOST) $$(PW)", &variables()).secret && !of_shell("$HOST", &variables()).secret);
    }
}
