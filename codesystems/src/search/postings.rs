//! Numbers of variable length, and the posting list of a token.
//!
//! A posting list holds the places of the designations with the token, ascending, each as
//! `(place - previous place) << 2 | where`, in LEB128.

/// Where in a designation a token stands; a greater one is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Where {
    /// Inside a compound.
    Part = 1,
    /// A whole word that is not the first.
    Later = 2,
    /// The first word.
    First = 3,
}

impl Where {
    pub(super) fn from_bits(bits: u32) -> Self {
        match bits & 3 {
            3 => Self::First,
            2 => Self::Later,
            _ => Self::Part,
        }
    }
}

/// Appends `number` as LEB128.
pub(super) fn write_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads numbers in LEB128 until the bytes end; a cut last number ends it, too.
#[derive(Debug, Clone)]
pub(super) struct Numbers<'e>(pub(super) &'e [u8]);

impl Iterator for Numbers<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let mut number = 0;
        let mut shift = 0;
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }
}

/// Appends the posting list `postings`: `place << 2 | where`, ascending by place.
pub(super) fn write_list(out: &mut Vec<u8>, postings: &[u32]) {
    let mut previous = 0;
    for posting in postings {
        write_number(out, posting - previous);
        previous = posting & !3;
    }
}

/// Reads a posting list: places with where.
#[derive(Debug, Clone)]
pub(super) struct Postings<'e> {
    numbers: Numbers<'e>,
    place: u32,
}

impl<'e> Postings<'e> {
    pub(super) fn new(bytes: &'e [u8]) -> Self {
        Self { numbers: Numbers(bytes), place: 0 }
    }
}

impl Iterator for Postings<'_> {
    type Item = (u32, Where);

    #[inline]
    fn next(&mut self) -> Option<(u32, Where)> {
        let number = self.numbers.next()?;
        self.place = self.place.wrapping_add(number >> 2);
        Some((self.place, Where::from_bits(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_reads_as_written(
            list in proptest::collection::btree_map(0..1_u32 << 30, 1..4_u32, 0..50),
        ) {
            let postings: Vec<u32> = list.iter().map(|(place, at)| place << 2 | at).collect();
            let mut bytes = Vec::new();
            write_list(&mut bytes, &postings);
            let read: Vec<(u32, u32)> =
                Postings::new(&bytes).map(|(place, at)| (place, at as u32)).collect();
            prop_assert_eq!(read, list.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn arbitrary_bytes_are_survived(bytes: Vec<u8>) {
            prop_assert!(Postings::new(&bytes).count() <= bytes.len());
        }
    }
}
