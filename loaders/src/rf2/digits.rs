//! Numbers as text without an allocation, for the million-row tables.

/// An identifier as text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits {
    bytes: [u8; 20],
    start: usize,
}

impl Digits {
    /// The decimal digits of `number`.
    pub(super) fn of(number: u64) -> Self {
        let (mut bytes, mut start, mut rest) = ([0; 20], 20, number);
        for (position, byte) in bytes.iter_mut().enumerate().rev() {
            *byte = b'0' + (rest % 10) as u8;
            (rest, start) = (rest / 10, position);
            if rest == 0 {
                break;
            }
        }
        Self { bytes, start }
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        let digits = self.bytes.get(self.start..).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

/// A date YYYYMMDD as YYYY-MM-DD.
pub(super) fn iso_date(date: u32) -> String {
    format!("{:04}-{:02}-{:02}", date / 10_000, date / 100 % 100, date % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_their_digits() {
        for number in [0, 7, 10, 138_875_005, u64::MAX] {
            assert_eq!(Digits::of(number).as_str(), number.to_string());
        }
        assert_eq!(iso_date(20_050_131), "2005-01-31");
    }
}
