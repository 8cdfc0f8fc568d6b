//! `--extract-secrets`: the values that leave the manifests go into a file of Secrets.

use super::{Session, UsageError};
use crate::cli::Extract;
use crate::plan::Outcome;
use crate::profile::Profile;
use crate::report::phrase::{count, pasteable};
use crate::rules::{Elsewhere, literal_secrets};
use crate::secrets::{SecretValue, with_values};
use crate::source::{self, Put};
use std::io::ErrorKind;
use std::path::Path;

/// The parameter that the flag sets.
const PARAMETER: &str = "extract";
/// No file of Secrets is larger.
const LARGEST: u64 = 16 << 20;

/// Have the profile move secrets, if that is asked for and there is a file for them that git does not keep.
pub(super) fn prepare(profile: &mut Profile, flags: &Extract) -> Result<(), UsageError> {
    let rule = literal_secrets::RULE.id;
    let mut settings = profile.rules.iter().filter(|setting| setting.enabled && setting.rule.id == rule);
    let Some(path) = &flags.extract_secrets else {
        let asked = settings.any(|setting| setting.parameters.get(PARAMETER).is_some_and(|it| it == true));
        let why = format!(
            "the profile sets `{PARAMETER}` of {rule}: name the file for the values with --extract-secrets FILE"
        );
        return if asked { Err(UsageError(why)) } else { Ok(()) };
    };
    if settings.next().is_none() {
        return Err(UsageError(format!("--extract-secrets needs the rule {rule}, which does not run here")));
    }
    let shown = pasteable(&path.to_string_lossy());
    if path.is_dir() || path.file_name().is_none() {
        return Err(UsageError(format!("{shown} is a directory: --extract-secrets names a file")));
    }
    // A terminal, a pipe: what stands there is read by others, and cannot be added to.
    let stream = path == Path::new("-") || (path.starts_with("/dev") && !path.starts_with("/dev/shm"));
    if stream || (path.exists() && !path.is_file()) {
        return Err(UsageError(format!("{shown} is no file that can keep secrets: --extract-secrets names one")));
    }
    if let Some(why) = source::git_keeps(path).filter(|_| !flags.force) {
        return Err(UsageError(format!(
            "{shown} is no place for secrets: {why}\n  name a file outside of the work tree, or one that is ignored; --force writes it all the same"
        )));
    }
    profile.set_parameter(rule, PARAMETER, &true.into());
    Ok(())
}

/// What moves in a run, ready to be written.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    path: &'a Path,
    before: Option<String>,
    after: String,
    values: usize,
}

impl<'a> Sheet<'a> {
    /// The values that the run moves; `None` where there is nothing to write.
    pub(super) fn of(session: &Session, flags: &'a Extract) -> anyhow::Result<Option<Self>> {
        let Some(path) = &flags.extract_secrets else { return Ok(None) };
        let values = moved(session);
        if values.is_empty() {
            return Ok(None);
        }
        let failed = |why: String| anyhow::anyhow!("{}: {why}", path.display());
        let before = match source::read_text(path, LARGEST) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error.to_string())),
        };
        let after = with_values(before.as_deref().unwrap_or_default(), &values).map_err(failed)?;
        Ok(Some(Self { path, before, after, values: values.len() }))
    }

    /// Write the file, unless it holds all of it already.
    pub(super) fn write(&self) -> anyhow::Result<Option<Put>> {
        if self.before.as_deref() == Some(&self.after) {
            return Ok(None);
        }
        let put = source::put(self.path, self.before.as_deref(), &self.after);
        put.map(Some).map_err(|why| anyhow::anyhow!("{}: {why}; nothing was written", self.path.display()))
    }

    /// What to do with it.
    pub(super) fn told(&self) -> String {
        let path = pasteable(&self.path.to_string_lossy());
        format!(
            "{} moved into {path}: apply it before the manifests, and keep it out of git\n",
            count(self.values, "secret")
        )
    }
}

fn moved(session: &Session) -> Vec<SecretValue> {
    let findings = session.plan.objects.iter().flat_map(|planned| &planned.findings);
    let mended = findings.filter(|finding| finding.outcome == Outcome::Mended);
    let values = mended.flat_map(|finding| &finding.elsewhere).filter_map(|elsewhere| match elsewhere {
        Elsewhere::Secret(value) => Some(value.clone()),
        _ => None,
    });
    values.collect()
}
