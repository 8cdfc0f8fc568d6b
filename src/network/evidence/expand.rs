//! Variables in texts, put in place as the kubelet does (`$(NAME)`) and as a shell does (`$NAME`, `${NAME}`).

use std::collections::HashMap;

/// As long as a text may become: variables may hold variables.
const LONGEST: usize = 64 * 1024;

/// A text with the references of the kubelet put in place; `$$(NAME)` stands for `$(NAME)` itself, and a name that is not
/// known stays.
pub(super) fn of_kubelet(text: &str, variables: &HashMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let named = rest.strip_prefix("$(").and_then(|inner| inner.split_once(')'));
        if rest.starts_with("$$") {
            out.push('$');
            rest = &rest[2..];
        } else if let Some((value, behind)) = named.and_then(|(name, behind)| Some((variables.get(name)?, behind)))
            && out.len() + value.len() < LONGEST
        {
            out.push_str(value);
            rest = behind;
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// A script with the variables put in place that the container has.
pub(super) fn of_shell(text: &str, variables: &HashMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let length = |text: &str| text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let braced = rest.strip_prefix('{');
        let inner = braced.unwrap_or(rest);
        let name = &inner[..length(inner)];
        let behind = &inner[name.len()..];
        let behind = if braced.is_some() { behind.find('}').map(|end| &behind[end + 1..]) } else { Some(behind) };
        match (variables.get(name), behind) {
            (Some(value), Some(behind)) if out.len() + value.len() < LONGEST => {
                out.push_str(value);
                rest = behind;
            }
            _ => out.push('$'),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_place() {
        let variables = HashMap::from([("HOST".to_owned(), "db".to_owned()), ("PORT".to_owned(), "80".to_owned())]);
        assert_eq!(
            of_kubelet("http://$(HOST):$(PORT)/$(NONE) $$(HOST) $HOST $(", &variables),
            "http://db:80/$(NONE) $(HOST) $HOST $("
        );
        assert_eq!(of_shell("nc $HOST ${PORT:-81} ${NONE} $ $(x)", &variables), "nc db 80 ${NONE} $ $(x)");
    }
}
