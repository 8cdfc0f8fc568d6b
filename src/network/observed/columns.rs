//! Which columns a row has, and what each means.

use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Column {
    Source,
    Destination,
    SourceNamespace,
    DestinationNamespace,
    SourceKind,
    DestinationKind,
    SourceWorkload,
    DestinationWorkload,
    SourcePod,
    DestinationPod,
    SourceType,
    DestinationType,
    SourceAddress,
    DestinationAddress,
    Port,
    SourcePort,
    Protocol,
    Verdict,
    Count,
}

/// The meaning of each known name, with its place among those that mean the same.
fn names() -> &'static HashMap<String, (Column, usize)> {
    static NAMES: OnceLock<HashMap<String, (Column, usize)>> = OnceLock::new();
    NAMES.get_or_init(|| {
        // The file is part of the program; a test proves that it reads.
        let table: BTreeMap<Column, Vec<String>> =
            serde_yaml::from_str(include_str!("columns.yaml")).unwrap_or_default();
        let each = |(column, names): (Column, Vec<String>)| {
            names.into_iter().enumerate().map(move |(order, name)| (plain(&name), (column, order)))
        };
        table.into_iter().flat_map(each).collect()
    })
}

/// What a name means, and which of several that mean the same comes first.
pub(super) fn meaning(name: &str) -> Option<(Column, usize)> {
    names().get(&plain(name)).copied()
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Refuse columns that do not say who talks to whom on which port.
///
/// # Errors
/// What is missing.
pub(super) fn are_enough(columns: &[Column]) -> Result<(), String> {
    let missing = match ends(columns) {
        Err(end) => end,
        Ok(()) if columns.contains(&Column::Port) => return Ok(()),
        Ok(()) => "port",
    };
    Err(format!(
        "there is no column for the {missing}: the first line names the columns, such as source,destination,port,protocol"
    ))
}

/// Whether columns with these meanings say who talks to whom; the error is the end that is missing.
pub(super) fn ends(columns: &[Column]) -> Result<(), &'static str> {
    use Column as C;
    let has = |wanted: &[Column]| wanted.iter().any(|one| columns.contains(one));
    match () {
        () if !has(&[C::Source, C::SourceAddress, C::SourcePod, C::SourceWorkload]) => Err("source"),
        () if !has(&[C::Destination, C::DestinationAddress, C::DestinationPod, C::DestinationWorkload]) => {
            Err("destination")
        }
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_no_name_has_two_meanings() {
        let table: BTreeMap<Column, Vec<String>> = serde_yaml::from_str(include_str!("columns.yaml")).unwrap();
        let all: Vec<String> = table.values().flatten().map(|name| plain(name)).collect();
        assert_eq!(all.len(), names().len(), "{all:?}");
        assert_eq!(meaning("Source IP").map(|(column, _)| column), Some(Column::SourceAddress));
        assert_eq!(meaning("dest_name_aggr").map(|(column, _)| column), Some(Column::DestinationPod));
        assert_eq!(meaning("bytes_in"), None);
    }

    #[test]
    fn what_a_row_must_have() {
        use Column as C;
        assert!(are_enough(&[C::Source, C::DestinationPod, C::Port]).is_ok());
        assert!(are_enough(&[C::SourceNamespace, C::Destination, C::Port]).unwrap_err().contains("for the source"));
        assert!(are_enough(&[C::Source, C::Destination]).unwrap_err().contains("for the port"));
    }
}
