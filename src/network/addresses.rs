//! Ranges of IP addresses: what `ipBlock` and `networks` are about.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Networks that are no public addresses.
pub(super) const PRIVATE: [&str; 5] =
    ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];
/// Networks of IPv6 that are no public addresses.
pub(super) const PRIVATE_V6: [&str; 2] = ["fc00::/7", "fe80::/10"];

/// Which addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Addresses of one family from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpRange {
    /// The family of both ends.
    pub family: Family,
    /// The first address as a number.
    pub first: u128,
    /// The last address as a number, not below the first.
    pub last: u128,
}

/// Why a text names no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an address range such as 10.0.0.0/8, found {0:?}")]
pub struct AddressError(String);

impl IpRange {
    /// All IPv4 addresses.
    pub const ALL_V4: Self = Self { family: Family::V4, first: 0, last: u32::MAX as u128 };
    /// All IPv6 addresses.
    pub const ALL_V6: Self = Self { family: Family::V6, first: 0, last: u128::MAX };

    /// The range that a CIDR names, such as `10.0.0.0/8`. Bits behind the prefix do not count, as for the API server.
    ///
    /// # Errors
    /// What is no address, slash and length of a prefix.
    pub fn cidr(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        let (address, length) = text.split_once('/').ok_or_else(wrong)?;
        let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length: u32 = length.parse().ok().filter(|_| plain).ok_or_else(wrong)?;
        let one = Self::from(address.parse::<IpAddr>().map_err(|_| wrong())?);
        let bits = one.family.bits();
        let free = bits.checked_sub(length).ok_or_else(wrong)?;
        let mask = if free == 128 { u128::MAX } else { (1 << free) - 1 };
        Ok(Self { first: one.first & !mask, last: one.first | mask, ..one })
    }

    /// Whether all of another range is in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.family == other.family && self.first <= other.first && other.last <= self.last
    }

    /// Whether both have an address in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.family == other.family && self.first <= other.last && other.first <= self.last
    }

    /// The range in pieces that each of `cuts` either covers or does not meet, in order.
    pub fn pieces<'c>(&self, cuts: impl IntoIterator<Item = &'c Self>) -> Vec<Self> {
        let mut starts = vec![self.first];
        for cut in cuts.into_iter().filter(|cut| self.meets(cut)) {
            starts.push(cut.first.max(self.first));
            starts.extend(cut.last.checked_add(1).filter(|next| *next <= self.last));
        }
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).map(|next| next - 1).chain([self.last]);
        starts.iter().zip(ends).map(|(first, last)| Self { first: *first, last, ..*self }).collect()
    }
}

impl Family {
    fn bits(self) -> u32 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    fn address(self, number: u128) -> IpAddr {
        match self {
            Self::V4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX))),
            Self::V6 => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }
}

impl From<IpAddr> for IpRange {
    fn from(address: IpAddr) -> Self {
        let (family, number) = match address {
            IpAddr::V4(address) => (Family::V4, u128::from(u32::from(address))),
            IpAddr::V6(address) => (Family::V6, u128::from(address)),
        };
        Self { family, first: number, last: number }
    }
}

impl FromStr for IpRange {
    type Err = AddressError;

    /// An address or a CIDR.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<IpAddr>().map_or_else(|_| Self::cidr(text), |address| Ok(address.into()))
    }
}

impl fmt::Display for IpRange {
    /// An address, a CIDR, or `10.0.0.1-10.0.0.9`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.family.address(self.first), self.family.address(self.last));
        if self.first == self.last {
            return first.fmt(out);
        }
        let differing = self.first ^ self.last;
        let free = 128 - differing.leading_zeros();
        let whole = differing.count_ones() == free && self.first & differing == 0;
        match whole {
            true => write!(out, "{first}/{}", self.family.bits() - free),
            false => write!(out, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> IpRange {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_read_is_told_again() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "192.168.0.7", "fd00::/8", "::/0", "2001:db8::1"] {
            assert_eq!(range(text).to_string(), text);
        }
        assert_eq!(range("10.1.2.3/8").to_string(), "10.0.0.0/8");
        assert_eq!(range("10.1.2.3/32").to_string(), "10.1.2.3");
        for wrong in ["10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "10.0.0.0/+8", "web", "", "fd00::/129"] {
            assert!(wrong.parse::<IpRange>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn cuts_leave_pieces_that_are_in_or_out() {
        let cuts = [range("10.0.0.0/8"), range("10.96.0.0/12"), range("fd00::/8")];
        let pieces = IpRange::ALL_V4.pieces(&cuts);
        let told: Vec<String> = pieces.iter().map(ToString::to_string).collect();
        let wanted = [
            "0.0.0.0-9.255.255.255",
            "10.0.0.0-10.95.255.255",
            "10.96.0.0/12",
            "10.112.0.0-10.255.255.255",
            "11.0.0.0-255.255.255.255",
        ];
        assert_eq!(told, wanted);
        assert!(pieces.iter().all(|piece| cuts.iter().all(|cut| cut.covers(piece) || !cut.meets(piece))));
        assert_eq!(range("10.97.0.0/16").pieces(&cuts), [range("10.97.0.0/16")]);
        assert_eq!(IpRange::ALL_V6.pieces(&[IpRange::ALL_V6]), [IpRange::ALL_V6]);
    }
}
