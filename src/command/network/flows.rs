//! Listings of observed flows, read line by line: they may be larger than memory.
#![allow(clippy::disallowed_methods)] // It reads files and standard input.

use super::super::{Console, UsageError};
use super::Read;
use crate::cli::{Flows, NetworkInput};
use crate::network::observed::{Observed, Reader, Roster};
use crate::report::shown;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};

/// The longest line that is read, in bytes: a flow of Hubble has a few thousand.
const LONGEST: u64 = 1 << 20;
const STDIN: &str = "-";

/// Refuse to read standard input twice.
pub(super) fn stdin_once(flows: &Flows, source: &NetworkInput) -> anyhow::Result<()> {
    let given = flows.flows.iter().filter(|name| *name == STDIN).count();
    let manifests = source.input.filenames.iter().filter(|name| *name == STDIN).count();
    match given + manifests.min(1) > 1 && given > 0 {
        true => Err(UsageError("standard input can be read only once: -f - or --flows -".to_owned()).into()),
        false => Ok(()),
    }
}

/// All that the listings say; `None` where one could not be read, which was told.
pub(super) fn observed(flows: &Flows, roster: &Roster<'_>, console: &mut Console) -> Option<Observed> {
    let mut observed = Observed::default();
    let mut failed = false;
    for name in &flows.flows {
        if let Err(fault) = listing(name, roster, &mut observed) {
            console.error(&shown(&fault));
            failed = true;
        }
    }
    (!failed).then_some(observed)
}

/// Everything but `--flows` as a roster needs it.
pub(super) fn roster<'r>(read: &'r Read, domain: &str, compat: bool) -> Roster<'r> {
    Roster::of(&read.world, domain, &read.pods, compat)
}

fn listing(name: &OsStr, roster: &Roster<'_>, observed: &mut Observed) -> Result<(), String> {
    let shown_name = if name == STDIN { "<stdin>".to_owned() } else { name.to_string_lossy().into_owned() };
    let lines: Box<dyn BufRead> = match name == STDIN {
        true => Box::new(BufReader::new(std::io::stdin())),
        false => {
            let file = File::open(name).map_err(|error| format!("{shown_name}: cannot be read: {error}"))?;
            Box::new(BufReader::new(file))
        }
    };
    let mut reader = Reader::new(roster, &shown_name);
    each_line(lines, |text| reader.line(text, observed))
        .map_err(|(line, why)| format!("{shown_name}:{line}: {why}"))?;
    observed.listings.push(reader.finish());
    Ok(())
}

/// Hand on each line. The error has the line's number, from 1.
fn each_line(mut lines: impl BufRead, mut take: impl FnMut(&str) -> Result<(), String>) -> Result<(), (usize, String)> {
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = lines.by_ref().take(LONGEST + 1).read_until(b'\n', &mut bytes);
        match read.map_err(|error| (number, format!("cannot be read: {error}")))? {
            0 => break,
            _ if bytes.len() as u64 > LONGEST => {
                return Err((number, format!("the line is longer than {LONGEST} bytes: is it a listing of flows?")));
            }
            _ => {}
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| (number, "it is no UTF-8".to_owned()))?;
        take(text.trim_end_matches('\n')).map_err(|why| (number, why))?;
    }
    Ok(())
}
