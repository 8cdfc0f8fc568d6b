//! Where a manifest was read, as its reader would name it.

use crate::secrets::redacted;
use std::fmt;
use std::path::PathBuf;

/// Where a manifest was read. `Display` gives what the user knows it by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A file: the path as named, or as found below a folder that was named.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// An `http` or `https` address.
    Url(String),
    /// What `kubectl kustomize` makes of this folder.
    Kustomize(PathBuf),
    /// An object of a cluster.
    Live(LiveOrigin),
}

/// An object of a cluster, by its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LiveOrigin {
    /// In reports: `Deployment shop/web`.
    pub object: String,
    /// In a diff, as kubectl names the file: `apps.v1.Deployment.shop.web`.
    pub file: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(out),
            Self::Stdin => out.write_str("<stdin>"),
            Self::Url(url) => out.write_str(&without_credentials(url)),
            Self::Kustomize(folder) => write!(out, "kustomize {}", folder.display()),
            Self::Live(LiveOrigin { object, .. }) => out.write_str(object),
        }
    }
}

/// A URL without `user:password@` and without tokens in its query: origins are printed into reports that others read.
pub(super) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let shown = match rest[..authority].rfind('@') {
        Some(at) => &rest[at + 1..],
        None => rest,
    };
    let query = shown.find('?').unwrap_or(shown.len());
    format!("{scheme}://{}{}", &shown[..query], redacted(&shown[query..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let shown = |url: &str| Origin::Url(url.to_owned()).to_string();
        assert_eq!(shown("https://me:secret@host/a@b.yaml"), "https://host/a@b.yaml");
        assert_eq!(shown("https://host?user=a@b"), "https://host?user=a@b");
        assert_eq!(shown("https://host/a?token=f7a9s8d7f6&b=c"), "https://host/a?token=***&b=c");
    }
}
