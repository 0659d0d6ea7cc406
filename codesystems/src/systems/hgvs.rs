//! Variants of sequences, code system `http://varnomen.hgvs.org`.
//!
//! Source: HGVS Nomenclature 21, general recommendations. Only the outline is read: reference
//! sequence, kind of coordinates, description. Whether the variant exists in the sequence, or the
//! sequence at all, needs the sequences.

use std::sync::LazyLock;

use regex::Regex;

use crate::grammar::Made;

/// `NM_004006.2:c.4375C>T`, `NC_000023.11(NM_004006.2):c.357+1G>A`, `NP_003997.1:p.(Trp24Ter)`.
static OUTLINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^[A-Za-z][A-Za-z0-9_]*(\.[0-9]+)?([tp][0-9]+)?(\([A-Za-z0-9_.\-]+\))?:[cgmnopr]\.[A-Za-z0-9_()\[\]+\-*>=?;:.^/,]*[A-Za-z0-9)\]=?*]$",
    )
    .ok()
});

/// Characters a description may have.
const MAX_LENGTH: usize = 1_000;

/// The variant as it is, or why it is none.
pub(crate) fn check(code: &str) -> Result<Made, String> {
    if code.len() > MAX_LENGTH {
        return Err(format!("longer than {MAX_LENGTH} characters"));
    }
    let is_variant = OUTLINE.as_ref().is_some_and(|outline| outline.is_match(code));
    let is_paired = [('(', ')'), ('[', ']')].into_iter().all(|(open, close)| {
        let mut depth = 0i32;
        code.chars().all(|character| {
            depth += i32::from(character == open) - i32::from(character == close);
            depth >= 0
        }) && depth == 0
    });
    if is_variant && is_paired {
        Ok(Made::new(code))
    } else {
        Err("expected a reference sequence, a colon, the kind of coordinates and a description, \
             as in NM_004006.2:c.4375C>T"
            .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_have_a_reference_a_kind_and_a_description() {
        for good in [
            "NM_004006.2:c.4375C>T",
            "NC_000023.11:g.33038255C>A",
            "NC_000023.11(NM_004006.2):c.357+1G>A",
            "NP_003997.1:p.(Trp24Ter)",
            "NP_003997.1:p.Trp24*",
            "NM_004006.2:c.[296T>G;476C>T]",
            "LRG_199t1:c.11T>G",
            "NM_004006.2:c.20_23delinsTTGA",
            "NM_004006.3:r.spl?",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "BRAF",
            "NM_004006.2",
            "NM_004006.2:c.",
            "NM_004006.2:x.1A>G",
            "c.1A>G",
            "NM_1.1:c.(1A>G",
            "NM_1.1:c.1A>",
            "NM_1.1:c.1 A>G",
            "NM_1.1:p.Ä",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
