//! Rows: one value for each named column, of CSV or of a JSON object.

use super::columns::{Column, are_enough, ends, meaning};
use super::record::{LeftOut, Line, Party, Record, What, address, port, protocol};
use crate::network::{IpRange, Protocol};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a log says of a value that there is not.
const NONE: [&str; 2] = ["-", "null"];

/// The columns of all rows of a listing: for each place what it means.
#[derive(Debug, Clone)]
pub(super) struct Header {
    columns: Vec<Option<(Column, usize)>>,
}

/// The values of a row by their meanings.
type Row<'v> = BTreeMap<Column, (usize, &'v str)>;

impl Header {
    /// The columns of these names.
    ///
    /// # Errors
    /// Columns that do not say who talks to whom, and a name that is there twice.
    pub(super) fn of<N: AsRef<str>>(names: &[N]) -> Result<Self, String> {
        let columns: Vec<_> = names.iter().map(|name| meaning(name.as_ref())).collect();
        let known: Vec<Column> = columns.iter().flatten().map(|(column, _)| *column).collect();
        are_enough(&known)?;
        for (at, column) in columns.iter().enumerate().filter(|(_, column)| column.is_some()) {
            if columns.iter().take(at).any(|other| other == column) {
                let name = names.get(at).map_or("", AsRef::as_ref);
                return Err(format!("there are two columns {name:?}"));
            }
        }
        Ok(Self { columns })
    }

    /// What a row says.
    ///
    /// # Errors
    /// A row that has too many or too few values, and values that are none.
    pub(super) fn line(&self, values: &[String]) -> Result<Line, String> {
        if values.len() != self.columns.len() {
            return Err(format!("expected {} values as in the first line, found {}", self.columns.len(), values.len()));
        }
        let cells = self.columns.iter().zip(values).filter_map(|(column, value)| Some(((*column)?, value.as_str())));
        of_row(&row(cells))
    }
}

/// What a JSON object with such columns says; those that say nothing may be missing.
///
/// # Errors
/// Values that are none.
pub(super) fn of_object(object: &Map<String, Value>) -> Result<Line, String> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let values: Vec<((Column, usize), String)> =
        object.iter().filter_map(|(name, value)| Some((meaning(name)?, text(value)))).collect();
    of_row(&row(values.iter().map(|(column, value)| (*column, value.as_str()))))
}

/// Whether an object has such columns.
pub(super) fn fits(object: &Map<String, Value>) -> bool {
    let columns: Vec<Column> = object.keys().filter_map(|name| Some(meaning(name)?.0)).collect();
    ends(&columns).is_ok()
}

/// Of several columns that mean the same, the first that says something counts.
fn row<'v>(cells: impl Iterator<Item = ((Column, usize), &'v str)>) -> Row<'v> {
    let mut row = Row::new();
    for ((column, order), value) in cells.filter(|(_, value)| !value.is_empty() && !NONE.contains(value)) {
        let held = row.entry(column).or_insert((order, value));
        if order < held.0 {
            *held = (order, value);
        }
    }
    row
}

fn of_row(row: &Row<'_>) -> Result<Line, String> {
    use Column as C;
    let text = |column: C| row.get(&column).map(|(_, value)| *value);
    let count = match text(C::Count) {
        Some(number) => number.parse().map_err(|_| format!("expected a number of flows, found {number:?}"))?,
        None => 1,
    };
    let left = |why| Ok(Line::Left(why, count));
    if let Some(verdict) = text(C::Verdict)
        && !passes(verdict)?
    {
        return left(LeftOut::Dropped);
    }
    let number = text(C::Port);
    // `5432/tcp` as `network can` takes it.
    let (number, named) = match number.and_then(|number| number.split_once('/')) {
        Some((number, protocol)) => (Some(number), Some(protocol)),
        None => (number, text(C::Protocol)),
    };
    let Some(protocol) = named.map_or(Some(Protocol::Tcp), protocol) else { return left(LeftOut::OtherProtocol) };
    let number = port(number.ok_or("expected a port, found none")?)?;
    let source = Ends {
        whole: C::Source,
        namespace: C::SourceNamespace,
        kind: C::SourceKind,
        workload: C::SourceWorkload,
        pod: C::SourcePod,
        what: C::SourceType,
        address: C::SourceAddress,
    };
    let destination = Ends {
        whole: C::Destination,
        namespace: C::DestinationNamespace,
        kind: C::DestinationKind,
        workload: C::DestinationWorkload,
        pod: C::DestinationPod,
        what: C::DestinationType,
        address: C::DestinationAddress,
    };
    let from = source.party(&text).map_err(|error| format!("source: {error}"))?;
    let to = destination.party(&text).map_err(|error| format!("destination: {error}"))?;
    let source_port = text(C::SourcePort).map(port).transpose()?;
    Ok(Line::Flow(Box::new(Record { from, to, protocol, port: number, source_port, count })))
}

fn passes(verdict: &str) -> Result<bool, String> {
    match verdict.to_ascii_lowercase().as_str() {
        "allow" | "allowed" | "accept" | "accepted" | "forwarded" | "pass" => Ok(true),
        "deny" | "denied" | "drop" | "dropped" | "reject" | "rejected" | "error" => Ok(false),
        _ => Err(format!("unknown verdict {verdict:?}: expected allow or deny")),
    }
}

/// The columns of one end.
struct Ends {
    whole: Column,
    namespace: Column,
    kind: Column,
    workload: Column,
    pod: Column,
    what: Column,
    address: Column,
}

impl Ends {
    fn party<'v>(&self, text: &impl Fn(Column) -> Option<&'v str>) -> Result<Party, String> {
        if let Some(whole) = text(self.whole) {
            return self::whole(whole);
        }
        let owned = |column: Column| text(column).unwrap_or_default().to_owned();
        let (namespace, kind) = (owned(self.namespace), owned(self.kind));
        let (workload, pod) = (owned(self.workload), owned(self.pod));
        let address = text(self.address).map(address).transpose()?;
        let what = match text(self.what) {
            Some(stated) => what(stated)?,
            None => What::Unstated,
        };
        let party = Party { what, namespace, kind, workload, pod, address, ..Party::default() };
        match what {
            // The names of networks are those of their logs: `pub`, `pvt`, or that of a set.
            What::Outside | What::Node => {
                let is_public = party.pod == "pub";
                if address.is_none() && what == What::Outside && !is_public {
                    return Ok(Party { what: What::Unnamed, pod: party.pod, ..Party::default() });
                }
                Ok(Party {
                    namespace: String::new(),
                    kind: String::new(),
                    workload: String::new(),
                    pod: String::new(),
                    ..party
                })
            }
            What::Service => {
                Ok(Party { workload: party.pod.clone(), pod: String::new(), kind: String::new(), ..party })
            }
            _ if party.namespace.is_empty() && address.is_none() => {
                Err("there is neither its namespace nor its address".to_owned())
            }
            _ => Ok(party),
        }
    }
}

fn what(stated: &str) -> Result<What, String> {
    match stated.to_ascii_lowercase().as_str() {
        "pod" | "wep" | "workloadendpoint" | "workload" => Ok(What::Unstated),
        "service" | "svc" => Ok(What::Service),
        "node" | "hep" | "hostendpoint" => Ok(What::Node),
        "net" | "network" | "ns" | "networkset" | "external" => Ok(What::Outside),
        _ => Err(format!("unknown type {stated:?}: expected Pod, Service, Node or Network")),
    }
}

/// An end in one word.
fn whole(word: &str) -> Result<Party, String> {
    if let Ok(address) = address(word) {
        return Ok(Party { address: Some(address), ..Party::default() });
    }
    if let Ok(range) = word.parse::<IpRange>() {
        return Ok(Party { what: What::Outside, range: Some(range), ..Party::default() });
    }
    let name = |namespace: &str, kind: &str, workload: &str, pod: &str| Party {
        namespace: namespace.to_owned(),
        kind: kind.to_owned(),
        workload: workload.to_owned(),
        pod: pod.to_owned(),
        ..Party::default()
    };
    match word.split('/').collect::<Vec<_>>().as_slice() {
        parts if parts.iter().any(|part| part.is_empty()) => {}
        [namespace, one] => return Ok(name(namespace, "", "", one)),
        [namespace, kind, one] => match kind.to_ascii_lowercase().as_str() {
            "service" | "services" | "svc" => {
                return Ok(Party { what: What::Service, ..name(namespace, "", one, "") });
            }
            "pod" | "pods" | "po" => return Ok(name(namespace, "", "", one)),
            _ => return Ok(name(namespace, kind, one, "")),
        },
        _ => {}
    }
    Err(format!(
        "expected NAMESPACE/NAME, NAMESPACE/KIND/NAME, an address, or a CIDR outside of the cluster, found {word:?}"
    ))
}
