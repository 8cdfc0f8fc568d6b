//! A listing, line by line: the first one that says something tells its format.

use super::conntrack::short;
use super::record::Line;
use super::roster::Roster;
use super::rows::{self, Header};
use super::tally::{Listing, Observed};
use super::{conntrack, csv, hubble};
use serde_json::{Map, Value};

/// Reads one listing.
#[derive(Debug)]
pub struct Reader<'r, 'w> {
    roster: &'r Roster<'w>,
    format: Option<Format>,
    listing: Listing,
}

#[derive(Debug, Clone)]
enum Format {
    Csv(char, Header),
    Hubble,
    Objects,
    Conntrack,
}

impl<'r, 'w> Reader<'r, 'w> {
    /// A reader of the listing that is called so.
    pub fn new(roster: &'r Roster<'w>, name: &str) -> Self {
        Self { roster, format: None, listing: Listing::new(name) }
    }

    /// Read a line, without its end, and add what it says.
    ///
    /// # Errors
    /// What cannot be read: a sentence that says what was expected. Nothing of the line is added then.
    pub fn line(&mut self, text: &str, observed: &mut Observed) -> Result<(), String> {
        let text = text.trim_start_matches('\u{feff}').trim_end_matches('\r');
        if text.trim().is_empty() {
            return Ok(());
        }
        let said = match &self.format {
            None => self.first(text)?,
            Some(Format::Csv(mark, header)) => header.line(&csv::values(text, *mark)?)?,
            Some(Format::Hubble) => hubble::line(object(text)?)?,
            Some(Format::Objects) => rows::of_object(&object(text)?)?,
            Some(Format::Conntrack) => conntrack::line(text)?,
        };
        match said {
            Line::Nothing => Ok(()),
            Line::Left(why, count) => {
                self.listing.leave_out(why, count);
                Ok(())
            }
            Line::Flow(record) => self.listing.take(&record, self.roster, observed),
        }
    }

    /// The first line that says something.
    fn first(&mut self, text: &str) -> Result<Line, String> {
        if conntrack::fits(text) {
            self.format = Some(Format::Conntrack);
            return conntrack::line(text);
        }
        if text.trim_start().starts_with(['{', '[']) {
            let object = object(text)?;
            if hubble::fits(&object) {
                self.format = Some(Format::Hubble);
                return hubble::line(object);
            }
            if rows::fits(&object) {
                self.format = Some(Format::Objects);
                return rows::of_object(&object);
            }
            return Err(
                "expected a flow of Hubble (hubble observe -o json), or an object with source, destination and port"
                    .to_owned(),
            );
        }
        let Some(mark) = csv::mark(text) else {
            return Err(format!(
                "expected CSV with a heading such as source,destination,port,protocol, flows of Hubble as JSON, or a listing of conntrack -L, found {:?}",
                short(text)
            ));
        };
        self.format = Some(Format::Csv(mark, Header::of(&csv::values(text, mark)?)?));
        Ok(Line::Nothing)
    }

    /// What it came to.
    pub fn finish(self) -> Listing {
        self.listing
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("expected one JSON object a line (jq -c makes that of others): {error}"))
}
