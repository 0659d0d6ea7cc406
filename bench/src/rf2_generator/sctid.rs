//! SNOMED CT identifiers with valid check digits.
//!
//! Source: SNOMED CT Release File Specification, SCTID: item identifier, namespace (extensions
//! only), partition identifier, Verhoeff check digit.

/// The Cayley table of the dihedral group of order 10.
const MULTIPLY: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
/// The permutation of Verhoeff's scheme; its powers are applied to the positions.
const PERMUTE: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
const INVERSE: [u8; 10] = [0, 4, 3, 2, 1, 5, 6, 7, 8, 9];

/// What an identifier identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// A concept.
    Concept,
    /// A description.
    Description,
    /// A relationship.
    Relationship,
}

/// The identifier of an item: in the International Edition without, in an extension with a
/// seven-digit namespace.
#[must_use]
pub fn sctid(item: u64, component: Component, namespace: Option<u64>) -> u64 {
    let (long, namespaced) = match namespace {
        Some(namespace) => (10, item * 10_000_000 + namespace),
        None => (0, item),
    };
    let without_check = namespaced * 100 + long + component as u64;
    without_check * 10 + u64::from(check_digit(without_check))
}

/// Whether the check digit of an identifier is right.
#[must_use]
pub fn is_valid(sctid: u64) -> bool {
    u64::from(check_digit(sctid / 10)) == sctid % 10
}

fn check_digit(mut rest: u64) -> u8 {
    let mut check = 0u8;
    let mut position = 1;
    while rest > 0 {
        let mut digit = (rest % 10) as u8;
        for _ in 0..position % 8 {
            digit = at(&PERMUTE, digit);
        }
        check = MULTIPLY.get(usize::from(check)).map_or(0, |row| at(row, digit));
        rest /= 10;
        position += 1;
    }
    at(&INVERSE, check)
}

fn at(table: &[u8; 10], digit: u8) -> u8 {
    table.get(usize::from(digit)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_identifiers_have_valid_check_digits() {
        for sctid in [
            138_875_005,
            116_680_003,
            900_000_000_000_207_008,
            11_000_274_103,
            31_000_274_107,
            731_000_124_108,
            733_073_007,
        ] {
            assert!(is_valid(sctid) && !is_valid(sctid + 1), "{sctid}");
        }
    }

    #[test]
    fn identifiers_are_put_together_from_item_namespace_and_partition() {
        assert_eq!(sctid(138_875, Component::Concept, None), 138_875_005);
        assert_eq!(sctid(1, Component::Concept, Some(1_000_274)), 11_000_274_103);
        let description = sctid(5_000, Component::Description, None);
        assert!(is_valid(description) && description / 10 % 100 == 1);
        let relationship = sctid(5_000, Component::Relationship, Some(1_000_274));
        assert!(is_valid(relationship) && relationship / 10 % 100 == 12);
    }
}
