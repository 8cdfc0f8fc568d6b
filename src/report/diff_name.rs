//! The names in a diff's header: what `patch -p1` and `git apply` need to find the file.

use std::fmt::Write as _;
use std::path::{Component, Path};

/// A file's name in a diff made in the directory `here`, without the `a/` or `b/` before it.
///
/// A file below `here` is named from there. Any other is named from the root (`patch -p1 -d /` applies such a diff):
/// both programs refuse names with `..` in them.
pub fn diff_name(path: &Path, here: &Path) -> String {
    let mut parts: Vec<Component<'_>> = Vec::new();
    let whole = here.join(path);
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if matches!(parts.last(), Some(Component::Normal(_))) {
                    parts.pop();
                }
            }
            part => parts.push(part),
        }
    }
    let whole: std::path::PathBuf = parts.iter().collect();
    let named = whole.strip_prefix(here).unwrap_or(&whole);
    let names = named.components().filter(|part| matches!(part, Component::Normal(_)));
    let names: Vec<String> = names.map(|part| bytes(part.as_os_str())).collect();
    names.join("/")
}

/// A file name as text in which every byte that is not UTF-8 is kept as a private character that [`header`] writes
/// back as that byte.
#[cfg(unix)]
fn bytes(name: &std::ffi::OsStr) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut out = String::new();
    for chunk in name.as_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(LONE_BYTE + u32::from(*byte))));
    }
    out
}

#[cfg(not(unix))]
fn bytes(name: &std::ffi::OsStr) -> String {
    name.to_string_lossy().into_owned()
}

/// Where bytes that are no UTF-8 stand among the characters: the last private plane.
const LONE_BYTE: u32 = 0x10_FF00;

/// One header line's name, `a/shop/web.yaml`, quoted as git quotes where it must be and followed by a tab where it
/// holds a blank, so that `patch` knows where it ends.
pub(super) fn header(side: char, name: &str) -> String {
    let whole = format!("{side}/{name}");
    if !whole.chars().any(must_quote) {
        return if whole.contains(' ') { whole + "\t" } else { whole };
    }
    let mut out = String::from("\"");
    for c in whole.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) >= LONE_BYTE => {
                let _ = write!(out, "\\{:03o}", u32::from(c) - LONE_BYTE);
            }
            c if must_quote(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn must_quote(c: char) -> bool {
    matches!(c, '"' | '\\') || u32::from(c) >= LONE_BYTE || super::shown(c.encode_utf8(&mut [0; 4])).chars().ne([c])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> String {
        diff_name(Path::new(path), Path::new("/home/u/repo"))
    }

    #[test]
    fn files_below_are_named_from_here_and_others_from_the_root() {
        assert_eq!(named("shop/web.yaml"), "shop/web.yaml");
        assert_eq!(named("./shop//web.yaml"), "shop/web.yaml");
        assert_eq!(named("shop/../web.yaml"), "web.yaml");
        assert_eq!(named("/home/u/repo/shop/web.yaml"), "shop/web.yaml");
        assert_eq!(named("../other/web.yaml"), "home/u/other/web.yaml");
        assert_eq!(named("/etc/web.yaml"), "etc/web.yaml");
        assert_eq!(named("../../../../x.yaml"), "x.yaml");
    }

    #[test]
    fn odd_names_are_quoted_as_git_does() {
        assert_eq!(header('a', "shop/café.yaml"), "a/shop/café.yaml");
        assert_eq!(header('b', "my shop/web.yaml"), "b/my shop/web.yaml\t");
        assert_eq!(header('a', "a\"b\\c\n.yaml"), "\"a/a\\\"b\\\\c\\n.yaml\"");
        assert_eq!(header('a', "x\u{1b}[31m"), "\"a/x\\033[31m\"");
        assert_eq!(header('a', "x\u{202e}y"), "\"a/x\\342\\200\\256y\"");
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_keeps_its_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9.yaml"));
        assert_eq!(header('a', &diff_name(path, Path::new("/x"))), "\"a/caf\\351.yaml\"");
    }
}
