//! `--image-source`: files that hold images.

use crate::image::Reference;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// One source: `[IMAGE=]oci:DIR[:TAG]`, `[IMAGE=]oci-archive:TAR[:TAG]`, `[IMAGE=]docker-archive:TAR[:TAG]`. The words are
/// those of `containers-transports(5)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The image reference it is for, where the user says so.
    pub(super) image: Option<String>,
    pub(super) form: Form,
    /// The path, and perhaps `:TAG` behind it.
    pub(super) place: String,
}

/// How a source is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An OCI image layout.
    Oci,
    /// The same in a tar.
    OciArchive,
    /// What `docker save` writes.
    DockerArchive,
}

const FORMS: [(&str, Form); 3] =
    [("oci-archive:", Form::OciArchive), ("docker-archive:", Form::DockerArchive), ("oci:", Form::Oci)];

impl Source {
    /// The path, and the name within that selects one of its images. A path that exists as written has none.
    pub(super) fn split(&self) -> (PathBuf, Option<String>) {
        let whole = PathBuf::from(&self.place);
        if whole.exists() {
            return (whole, None);
        }
        // A reference may have a colon itself: the path ends at the first colon behind which it exists.
        let colons = self.place.match_indices(':').map(|(at, _)| at);
        let split = colons.map(|at| (PathBuf::from(&self.place[..at]), self.place[at + 1..].to_owned()));
        let found = split.filter(|(path, name)| path.exists() && !name.is_empty());
        found.map(|(path, name)| (path, Some(name))).next().unwrap_or((whole, None))
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let transport = |text: &str| {
            let (prefix, form) = FORMS.into_iter().find(|(prefix, _)| text.starts_with(prefix))?;
            Some((form, text[prefix.len()..].to_owned()))
        };
        let (image, rest) = match (transport(text), text.split_once('=')) {
            (None, Some((image, rest))) if transport(rest).is_some() => (Some(image), rest),
            _ => (None, text),
        };
        let (form, place) =
            transport(rest).ok_or("it must read like oci:DIR, oci-archive:FILE or docker-archive:FILE")?;
        if place.is_empty() {
            return Err("it names no file".to_owned());
        }
        if let Some(image) = image
            && let Err(error) = Reference::parse(image)
        {
            return Err(format!("{image:?} is no image reference: {error}"));
        }
        Ok(Self { image: image.map(str::to_owned), form, place })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = FORMS.iter().find(|(_, form)| *form == self.form).map_or("", |(prefix, _)| *prefix);
        let image = self.image.as_ref().map(|image| format!("{image}=")).unwrap_or_default();
        write!(out, "{image}{prefix}{}", self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Source};

    #[test]
    fn how_a_source_is_written() {
        let parse = |text: &str| text.parse::<Source>();
        let source = parse("oci:build/web").unwrap();
        assert_eq!((source.image, source.form, source.place.as_str()), (None, Form::Oci, "build/web"));
        let source = parse("shop/web:1=oci-archive:a=b.tar").unwrap();
        assert_eq!((source.image.as_deref(), source.form), (Some("shop/web:1"), Form::OciArchive));
        assert_eq!(source.to_string(), "shop/web:1=oci-archive:a=b.tar");
        assert_eq!(parse("docker-archive:a=b.tar:web:1").unwrap().place, "a=b.tar:web:1");
        for bad in ["", "web.tar", "oci:", "dir:x", "UPPER=oci:x", "a=b"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
