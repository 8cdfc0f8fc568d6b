//! Quantities as Kubernetes writes them, exactly: `250m`, `1.5`, `128Mi`, `2e3`.

use serde_json::Value;
use std::fmt;

/// An amount of a resource. Counted in billionths, which is as fine as Kubernetes itself counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i128);

/// One, in billionths.
const ONE: i128 = 1_000_000_000;
/// Binary suffixes, largest first.
const BINARY: [(&str, u32); 6] = [("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
/// Decimal suffixes with their power of ten.
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// More digits than this are no amount of anything.
const MOST_DIGITS: usize = 24;

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// This many thousandths, as processors are counted.
    pub const fn milli(thousandths: u32) -> Self {
        Self(thousandths as i128 * (ONE / 1000))
    }

    /// This many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes as i128 * ONE)
    }

    /// This many mebibytes.
    pub const fn mebi(mebibytes: u32) -> Self {
        Self::bytes((mebibytes as u64) << 20)
    }

    /// Read one. `None` for what is no quantity, and for a negative one: no resource may be that.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('+').unwrap_or(text);
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || digits.len() > MOST_DIGITS || fraction.contains('.') {
            return None;
        }
        let digits: i128 = digits.parse().ok()?;
        let behind = i32::try_from(fraction.len()).ok()?;
        if let Some((_, bits)) = BINARY.iter().find(|(name, _)| *name == suffix) {
            let times = (1_i128 << bits).checked_mul(ONE)?;
            return divided(digits.checked_mul(times)?, 10_i128.checked_pow(fraction.len().try_into().ok()?)?);
        }
        let decimal = DECIMAL.iter().find(|(name, _)| *name == suffix).map(|(_, power)| *power);
        let power = decimal.or_else(|| suffix.strip_prefix(['e', 'E'])?.parse().ok())?;
        let power = power.checked_sub(behind)?.checked_add(9)?;
        match u32::try_from(power) {
            Ok(power) => Some(Self(digits.checked_mul(10_i128.checked_pow(power)?)?)),
            Err(_) => divided(digits, 10_i128.checked_pow(power.unsigned_abs())?),
        }
    }

    /// Read one from a manifest, where it may be a string or a number.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of it without the other; nothing where that is more.
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// It, so many times.
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count.into()))
    }

    /// So many hundredths of it.
    pub fn percent(self, percent: u64) -> Self {
        Self(self.0.saturating_mul(percent.into()) / 100)
    }

    /// How many hundredths of one it is.
    pub fn hundredths(self) -> u64 {
        u64::try_from(self.0 / (ONE / 100)).unwrap_or(u64::MAX)
    }

    /// That of which it is so many hundredths, rounded up.
    pub fn part(self, percent: u64) -> Self {
        let percent = i128::from(percent.max(1));
        Self((self.0.saturating_mul(100).saturating_add(percent - 1)) / percent)
    }

    /// An equal share of it.
    pub fn share(self, among: usize) -> Self {
        Self(self.0 / i128::try_from(among.max(1)).unwrap_or(1))
    }

    /// The next multiple of a step.
    pub fn up_to(self, step: Self) -> Self {
        let step = step.0.max(1);
        Self((self.0.saturating_add(step - 1) / step).saturating_mul(step))
    }

    /// The last multiple of a step.
    pub fn down_to(self, step: Self) -> Self {
        let step = step.0.max(1);
        Self(self.0 / step * step)
    }
}

/// A fraction, rounded up as Kubernetes rounds.
fn divided(number: i128, by: i128) -> Option<Quantity> {
    Some(Quantity(number.checked_add(by - 1)? / by))
}

impl fmt::Display for Quantity {
    /// In the largest suffix that says it exactly, binary ones first: `1536Mi`, `250m`, `2`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = |bits: &u32| self.0 != 0 && self.0 % (ONE << bits) == 0;
        if let Some((name, bits)) = BINARY.iter().find(|(_, bits)| exact(bits)) {
            return write!(out, "{}{name}", self.0 / (ONE << bits));
        }
        let small = [("", ONE), ("m", ONE / 1000), ("u", 1000), ("n", 1)];
        let (name, unit) = small.into_iter().find(|(_, unit)| self.0 % unit == 0).unwrap_or(("n", 1));
        write!(out, "{}{name}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_spelling_is_read_as_kubernetes_reads_it() {
        let same = [
            ("1", "1000m"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1.", "1"),
            ("+2", "2"),
            ("1Gi", "1024Mi"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("1E", "1000P"),
            ("1e-3", "1m"),
            ("1M", "1000000"),
            ("123456n", "0.000123456"),
            ("0.1Ki", "102.4"),
            ("104857600.0", "100Mi"),
        ];
        for (one, other) in same {
            assert_eq!(Quantity::parse(one), Quantity::parse(other), "{one} and {other}");
            assert!(Quantity::parse(one).is_some(), "{one}");
        }
        for wrong in ["", "Mi", "-1", "1 Gi", "1gi", "1KiB", "1.2.3", "e3", "1e", "${MEMORY}", "1e99", &"9".repeat(40)]
        {
            assert_eq!(Quantity::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Quantity::of(&json!(0.25)), Some(Quantity::milli(250)));
        assert_eq!(Quantity::of(&json!(1e-5)), Quantity::parse("10u"));
        assert_eq!(Quantity::of(&json!(true)), None);
    }

    #[test]
    fn what_is_finer_than_a_billionth_is_rounded_up() {
        assert_eq!(Quantity::parse("0.0000000001"), Quantity::parse("1n"));
        assert_eq!(Quantity::parse("0.5n"), Quantity::parse("1n"));
    }

    #[test]
    fn it_is_written_exactly() {
        for text in ["0", "250m", "1", "1500m", "128Mi", "1Gi", "1536Mi", "100001", "123456n"] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Quantity::parse("1.5").unwrap().to_string(), "1500m");
        assert_eq!(Quantity::parse("100M").unwrap().to_string(), "100000000");
    }

    #[test]
    fn it_is_counted_with() {
        let of = |text| Quantity::parse(text).unwrap();
        assert_eq!(of("1Gi").plus(of("1Mi")).to_string(), "1025Mi");
        assert_eq!(of("1").minus(of("2")), Quantity::ZERO);
        assert_eq!(of("100Mi").percent(115).to_string(), "115Mi");
        assert_eq!(of("101Mi").up_to(Quantity::mebi(16)).to_string(), "112Mi");
        assert_eq!(of("101Mi").down_to(Quantity::mebi(16)).to_string(), "96Mi");
        assert_eq!(of("1").share(4), of("250m"));
    }
}
