//! Lines of values with a mark between them (RFC 4180), a line at a time: a value in quotes may hold the mark and doubled
//! quotes, but no line break.

/// What may stand between values.
const MARKS: [char; 3] = [',', ';', '\t'];

/// The mark of a heading: the one that it has most of.
pub(super) fn mark(heading: &str) -> Option<char> {
    let number = |mark: &char| heading.matches(*mark).count();
    MARKS.into_iter().filter(|mark| number(mark) > 0).max_by_key(|mark| (number(mark), *mark == ','))
}

/// The values of a line, without blanks around them.
///
/// # Errors
/// A quote that does not end in its line, or something behind one.
pub(super) fn values(line: &str, mark: char) -> Result<Vec<String>, String> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        let start = rest.trim_start_matches(' ');
        let (value, left) = match start.strip_prefix('"') {
            Some(quoted) => self::quoted(quoted)?,
            None => {
                let end = start.find(mark).unwrap_or(start.len());
                let (value, left) = start.split_at(end);
                (value.trim().to_owned(), left)
            }
        };
        values.push(value);
        let left = left.trim_start_matches(' ');
        if left.is_empty() {
            return Ok(values);
        }
        rest = left
            .strip_prefix(mark)
            .ok_or_else(|| format!("expected {mark:?} behind a quoted value, found {left:?}"))?;
    }
}

/// The value up to the closing quote, and what is behind it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (before, after) =
            rest.split_once('"').ok_or("a quoted value does not end in its line: line breaks within are not read")?;
        value.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => return Ok((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_and_quotes_taken_off() {
        let read = |line: &str| values(line, ',');
        assert_eq!(read("a, b ,,c").unwrap(), ["a", "b", "", "c"]);
        assert_eq!(read("\"a,\"\"b\"\"\" ,\"\",c").unwrap(), ["a,\"b\"", "", "c"]);
        assert_eq!(read("").unwrap(), [""]);
        assert_eq!(read("a,").unwrap(), ["a", ""]);
        assert!(read("\"a").unwrap_err().contains("does not end"));
        assert!(read("\"a\"b,c").unwrap_err().contains("behind a quoted value"));
        assert_eq!(mark("a;b;c,d"), Some(';'));
        assert_eq!(mark("a,b;c"), Some(','));
        assert_eq!(mark("a"), None);
    }
}
