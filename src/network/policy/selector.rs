//! Label selectors, read as strictly as the API server reads them.

use super::reader::Reader;
use crate::network::world::Labels;
use serde_json::Value;
use std::fmt;

/// A label selector: all its requirements must hold; none selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

/// What a label must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what; none for `Exists` and `DoesNotExist`.
    pub values: Vec<String>,
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// It is one of the values.
    In,
    /// It is none of them, or absent.
    NotIn,
    /// It is there.
    Exists,
    /// It is absent.
    DoesNotExist,
}

impl Operator {
    const ALL: [(&'static str, Self); 4] =
        [("In", Self::In), ("NotIn", Self::NotIn), ("Exists", Self::Exists), ("DoesNotExist", Self::DoesNotExist)];
}

impl Selector {
    /// The selector of everything.
    pub fn everything() -> Self {
        Self::default()
    }

    /// The selector of what has all these labels.
    pub fn of_labels<K: Into<String>, V: Into<String>>(labels: impl IntoIterator<Item = (K, V)>) -> Self {
        let equal =
            |(key, value): (K, V)| Requirement { key: key.into(), operator: Operator::In, values: vec![value.into()] };
        Self { requirements: labels.into_iter().map(equal).collect() }
    }

    /// Whether it selects everything.
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// What it asks for.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether something with these labels is selected.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| {
            let found = labels.get(&requirement.key);
            let listed = || found.is_some_and(|value| requirement.values.contains(value));
            match requirement.operator {
                Operator::In => listed(),
                Operator::NotIn => !listed(),
                Operator::Exists => found.is_some(),
                Operator::DoesNotExist => found.is_none(),
            }
        })
    }

    /// The selector that stands at `pointer`, faults told.
    pub(super) fn read(value: &Value, pointer: &str, reader: &mut Reader<'_>) -> Self {
        reader.known(value, pointer, &["matchLabels", "matchExpressions"]);
        let mut requirements = Vec::new();
        for (key, wanted) in reader.entries(value, pointer, "matchLabels") {
            let at = format!("{pointer}/matchLabels/{}", crate::workload::escape(key));
            match wanted.as_str() {
                Some(text) => {
                    let values = vec![text.to_owned()];
                    requirements.push(Requirement { key: key.clone(), operator: Operator::In, values });
                }
                None => reader.refuse(&at, format!("the label `{key}` must be a string: put {wanted} in quotes")),
            }
        }
        for (index, item) in reader.items(value, pointer, "matchExpressions").iter().enumerate() {
            let at = format!("{pointer}/matchExpressions/{index}");
            reader.known(item, &at, &["key", "operator", "values"]);
            requirements.extend(requirement(item, &at, reader));
        }
        Self { requirements }
    }
}

fn requirement(item: &Value, at: &str, reader: &mut Reader<'_>) -> Option<Requirement> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(key) = text("key") else {
        reader.refuse(at, "the expression names no `key` of a label");
        return None;
    };
    let named = text("operator");
    let known = Operator::ALL.into_iter().find(|(name, _)| Some(*name) == named);
    let Some((name, operator)) = known else {
        let message =
            format!("expected the operator In, NotIn, Exists or DoesNotExist, found {:?}", named.unwrap_or_default());
        reader.refuse(&format!("{at}/operator"), message);
        return None;
    };
    let listed = reader.items(item, at, "values");
    let values: Vec<String> = listed.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
    if values.len() < listed.len() {
        reader.refuse(&format!("{at}/values"), "the values of a label must be strings: put them in quotes");
        return None;
    }
    let with_values = matches!(operator, Operator::In | Operator::NotIn);
    if with_values == values.is_empty() {
        let must = if with_values { "needs values" } else { "takes no values" };
        reader.refuse(&format!("{at}/values"), format!("the operator {name} {must}"));
        return None;
    }
    Some(Requirement { key: key.to_owned(), operator, values })
}

impl fmt::Display for Selector {
    /// As kubectl's `-l` takes it: `app=web,tier in (back,front),!canary`; `<all>` where it selects everything.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() {
            return out.write_str("<all>");
        }
        for (index, Requirement { key, operator, values }) in self.requirements.iter().enumerate() {
            let gap = if index == 0 { "" } else { "," };
            match (operator, values.as_slice()) {
                (Operator::In, [value]) => write!(out, "{gap}{key}={value}")?,
                (Operator::NotIn, [value]) => write!(out, "{gap}{key}!={value}")?,
                (Operator::In, values) => write!(out, "{gap}{key} in ({})", values.join(","))?,
                (Operator::NotIn, values) => write!(out, "{gap}{key} notin ({})", values.join(","))?,
                (Operator::Exists, _) => write!(out, "{gap}{key}")?,
                (Operator::DoesNotExist, _) => write!(out, "{gap}!{key}")?,
            }
        }
        Ok(())
    }
}
